//! Why an answer by rows is what it is.

use index::knn::{NearestRows, SearchWork};
use schema::{BodyError, DimensionSpec, MeasuredValue, PayloadReader};
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{LabelledNeighbour, RowAnswer, as_map};
use super::generation::RowGeneration;
use super::workspace::{RowBodyError, RowWorkspace};
use crate::explanation::shortened;

/// An answer and what led to it; serialized, it is what `fraudring explain --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct RowExplanation<'g> {
    /// The schema's name.
    pub schema: &'g str,
    /// The payload's id, if the schema says where it stands; of a longer one the first [`crate::MAX_ID_BYTES`] or a few bytes fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is answered.
    pub answer: Box<RawValue>,
    /// The most frequent label, ties by the schema's order; `None` without labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'g str>,
    /// The share of each label, in the schema's order; empty without labels.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    pub shares: Vec<(&'g str, f64)>,
    /// How many rows answer.
    pub k: usize,
    /// How they were found.
    pub method: &'static str,
    /// What the search looked at.
    pub work: ExplainedWork,
    /// The vector, in the schema's order.
    pub dimensions: Vec<ExplainedValue<'g>>,
    /// The nearest rows, nearest first, ties by the lower row.
    pub neighbours: Vec<ExplainedRow<'g>>,
}

/// What a search looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedWork {
    /// Nodes whose up to 16 boxes were compared.
    pub nodes: u32,
    /// Blocks of points that were compared: 16 points of a tree, 64 of a scan.
    pub blocks: u32,
    /// Points whose distance was computed from the values given.
    pub measured: u32,
}

/// One dimension of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExplainedValue<'g> {
    /// Its name in the schema.
    pub name: &'g str,
    /// What the fields say, in `unit`; `None` if a field is absent, and for a ratio to 0.
    pub raw: Option<f64>,
    /// The unit of `raw`, where its source says it; a flag is 1 or 0.
    pub unit: Option<&'static str>,
    /// After log, offset, divide and clamp, before the scale.
    pub stepped: Option<f64>,
    /// How it is scaled: `none`, `grid`, `min-max` or `quantiles`.
    pub scale: &'static str,
    /// The value that is compared.
    pub value: f32,
    /// Its place on the dimension's fixed grid, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<i16>,
    /// Whether it is the schema's default, as a field is absent.
    pub is_default: bool,
    /// What the square of a difference is multiplied by.
    pub weight: f64,
}

/// One of the nearest rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedRow<'g> {
    /// Its row, name, label and squared distance.
    #[serde(flatten)]
    pub neighbour: LabelledNeighbour<'g>,
    /// Its values, in the order of the dimensions.
    pub vector: Vec<f32>,
    /// Each dimension's share of the squared distance, weights included: they add up to 1, or all are 0 if the distance is 0.
    pub shares: Vec<f64>,
}

impl<'g> RowExplanation<'g> {
    /// Explains the answer to a body.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub fn of(generation: &'g RowGeneration, body: &[u8]) -> Result<Self, RowBodyError<'g>> {
        let (plan, k) = (generation.plan(), generation.answer_form().k());
        let mut workspace = RowWorkspace::new(body.len(), generation.answer_form().max_bytes());
        workspace.read(generation, body)?;
        let answer = String::from_utf8_lossy(workspace.answer(generation).json).into_owned();
        let answer = RawValue::from_string(answer).expect("an answer is JSON");

        let (mut dimensions, mut vector) = (Vec::new(), Vec::new());
        let read = PayloadReader::new(body.len()).read(plan, body, |payload| {
            let specs = plan.schema().dimensions();
            let measured = plan.measure(payload.fields, |dimension, measured| {
                dimensions.push(explain_value(&specs[dimension], measured));
                vector.push(measured.value);
            });
            measured.map(|()| payload.id.map(|id| shortened(id).to_owned()))
        });
        let read = read.map_err(|error| RowBodyError::Body(BodyError::Payload(error)))?;
        let id = read.map_err(|error| RowBodyError::Body(BodyError::Vector(error)))?;

        let mut nearest = NearestRows::with_room_for(k);
        let found = generation.answer(&vector, k, &mut nearest);
        let RowAnswer { neighbours, label, shares } =
            found.expect("a plan makes finite vectors of its index, and a schema asks for 1 to 64 rows");
        let explain = |(place, neighbour): (usize, LabelledNeighbour<'g>)| {
            let values = generation.index().values(nearest.rows()[place].slot as usize);
            explain_row(neighbour, &vector, values.to_vec(), &dimensions)
        };
        let neighbours = neighbours.into_iter().enumerate().map(explain).collect();
        let SearchWork { nodes, blocks, measured } = nearest.work();
        Ok(Self {
            schema: plan.schema().name(),
            id,
            answer,
            label,
            shares,
            k,
            method: generation.index().info().method,
            work: ExplainedWork { nodes, blocks, measured },
            dimensions,
            neighbours,
        })
    }
}

fn explain_value(spec: &DimensionSpec, measured: MeasuredValue) -> ExplainedValue<'_> {
    let MeasuredValue { raw, stepped, value, place, is_default } = measured;
    ExplainedValue {
        name: &spec.name,
        raw,
        unit: spec.source.unit(),
        stepped,
        scale: spec.scale.name(),
        value,
        place,
        is_default,
        weight: spec.weight,
    }
}

fn explain_row<'g>(
    neighbour: LabelledNeighbour<'g>,
    query: &[f32],
    vector: Vec<f32>,
    dimensions: &[ExplainedValue<'_>],
) -> ExplainedRow<'g> {
    let share = |((query, value), dimension): ((&f32, &f32), &ExplainedValue<'_>)| {
        let difference = f64::from(*query) - f64::from(*value);
        let part = dimension.weight * (difference * difference);
        // There is no difference in any dimension if the distance is 0.
        if neighbour.distance > 0.0 { part / neighbour.distance } else { 0.0 }
    };
    let shares = query.iter().zip(&vector).zip(dimensions).map(share).collect();
    ExplainedRow { neighbour, vector, shares }
}
