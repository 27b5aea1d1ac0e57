//! Why a decision is what it is.

use schema::{Dimension, Measured, PayloadError, Transaction};
use serde::Serialize;
use space::{DIMENSIONS, Label, NEIGHBOURS, Neighbour, Point, SCALE};

use crate::generation::Generation;

/// Most bytes of a payload's `id` that an explanation repeats.
pub const MAX_ID_BYTES: usize = 256;

/// A decision and what led to it; serialized, it is what `fraudring explain --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation<'a> {
    /// The payload's `id`; of a longer one the first [`MAX_ID_BYTES`] or a few bytes fewer.
    pub id: &'a str,
    /// Whether the transaction is approved.
    pub approved: bool,
    /// Share of frauds among the neighbours, 0..=1.
    pub fraud_score: f64,
    /// Frauds among the neighbours.
    pub frauds: u8,
    /// The step of the search that proved it, an [`index::Proof::name`].
    pub proof: &'static str,
    /// The vector, in the order of [`Dimension::ALL`].
    pub dimensions: [ExplainedDimension; DIMENSIONS],
    /// The nearest references, nearest first, ties by the lower reference.
    pub neighbours: [ExplainedNeighbour; NEIGHBOURS],
}

/// One dimension of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExplainedDimension {
    /// Its name in the contest's rules.
    pub name: &'static str,
    /// What is normalized, in `unit`; a flag is 1 or 0. `None` without a last transaction and for a ratio to 0.
    pub raw: Option<f64>,
    /// The unit of `raw`.
    pub unit: &'static str,
    /// The normalized value before it is rounded, -1..=1.
    pub value: f64,
    /// The value that is compared, in units of 0.0001: -10000..=10000.
    pub quantized: i16,
}

/// One of the nearest references.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExplainedNeighbour {
    /// Position in the references, counted from 0.
    pub reference: u32,
    /// `legit` or `fraud`.
    pub label: &'static str,
    /// Euclidean, in units of the vector.
    pub distance: f64,
    /// Squared, in units of 1e-8: exact.
    pub squared_distance: u64,
    /// Its values in units of 0.0001, in the order of [`Dimension::ALL`].
    pub vector: [i16; DIMENSIONS],
    /// Each dimension's share of the squared distance: they add up to 1, or all are 0 if the distance is 0.
    pub shares: [f64; DIMENSIONS],
}

/// Why there is no explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The payload is at fault.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The engine is: its two searches contradict each other.
    #[error("the engine answers {frauds} frauds, its neighbours hold {listed}: please report this payload")]
    Contradiction {
        /// What it decides by.
        frauds: u8,
        /// Frauds among the neighbours that it lists.
        listed: usize,
    },
}

impl<'a> Explanation<'a> {
    /// Explains the decision about a transaction whose payload has this `id`. Allocates nothing.
    ///
    /// # Errors
    ///
    /// [`ExplainError::Contradiction`] if the neighbours do not explain the decision, which would be a fault of the engine.
    pub fn of(generation: &Generation, transaction: &Transaction<'_>, id: &'a str) -> Result<Self, ExplainError> {
        let query = generation.vectorize(transaction);
        let (decision, proof) = generation.decide_with_proof(&query);
        let neighbours = generation.index().neighbours_with_points(&query);
        let listed = neighbours.iter().filter(|(neighbour, _)| neighbour.label == Label::Fraud).count();
        if listed != usize::from(decision.frauds()) {
            return Err(ExplainError::Contradiction { frauds: decision.frauds(), listed });
        }
        let measured = generation.rules().measure(transaction);
        Ok(Self {
            id: shortened(id),
            approved: decision.approved(),
            fraud_score: decision.fraud_score(),
            frauds: decision.frauds(),
            proof: proof.name(),
            dimensions: Dimension::ALL
                .map(|dimension| explain_dimension(dimension, measured[dimension as usize], &query)),
            neighbours: neighbours.map(|(neighbour, point)| explain_neighbour(&query, neighbour, &point)),
        })
    }
}

/// As much of a payload's id as an explanation repeats.
pub(crate) fn shortened(id: &str) -> &str {
    &id[..id.floor_char_boundary(MAX_ID_BYTES)]
}

fn explain_dimension(dimension: Dimension, Measured { raw, value }: Measured, query: &Point) -> ExplainedDimension {
    let quantized = query.values()[dimension as usize];
    ExplainedDimension { name: dimension.name(), raw, unit: dimension.definition().unit, value, quantized }
}

fn explain_neighbour(query: &Point, neighbour: Neighbour, point: &Point) -> ExplainedNeighbour {
    let Neighbour { reference, distance, label } = neighbour;
    let vector = *point.values();
    let shares = std::array::from_fn(|place| {
        let difference = f64::from(query.values()[place]) - f64::from(vector[place]);
        // There is no difference in any dimension if the distance is 0.
        difference * difference / (distance.max(1) as f64)
    });
    ExplainedNeighbour {
        reference,
        label: label.name(),
        distance: (distance as f64).sqrt() / f64::from(SCALE),
        squared_distance: distance,
        vector,
        shares,
    }
}
