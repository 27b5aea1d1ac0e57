//! Payloads that a plan itself makes: one to try a schema with, and one near a row.

use crate::field_tree::{FieldSpec, FieldTree, Target};
use crate::plan::{Fitted, Parameters, Plan};
use crate::schema_file::{DimensionSpec, List, Scale, Source, Steps};
use crate::value::Kind;

/// The later time of two.
const LATER: &str = "2026-03-11T20:23:35Z";
/// The earlier.
const EARLIER: &str = "2026-03-11T18:23:35Z";
/// The id of a payload whose schema has one.
const ID: &str = "example-1";
/// A text of which the schema tells none.
const TEXT: &str = "example";
/// Where nothing tells what values a dimension has.
const MIDDLE: f64 = 0.5;
/// Digits of a number in an example: more would suggest that they matter.
const SIGNIFICANT_DIGITS: i32 = 4;

/// Where the values of a payload are to lie.
enum Near<'p> {
    /// In the middle of the data, as far as the plan knows it.
    Middle(&'p Fitted),
    /// At those of a row.
    Row(&'p [f32]),
}

impl Plan {
    /// A payload that this plan makes a vector of, as compact JSON in the schema's order: numbers from the middle of the data, as
    /// far as the plan knows it, and texts that the schema names.
    pub fn example_payload(&self) -> String {
        self.payload(&Near::Middle(&self.fitted()))
    }

    /// The same near a row of [`Plan::dimensions`] values: its vector has the row's value where a dimension is a flag, or a number
    /// without a scale.
    ///
    /// # Panics
    ///
    /// If `row` has fewer values.
    pub fn payload_near(&self, row: &[f32]) -> String {
        self.payload(&Near::Row(row))
    }

    fn payload(&self, near: &Near<'_>) -> String {
        let dimensions = self.schema().dimensions();
        let mut json = String::new();
        write_object(&self.tree, 0, &mut json, &|field| {
            let FieldSpec { path, kind, .. } = &self.tree.fields[field];
            let told = dimensions.iter().enumerate().find_map(|(place, dimension)| near.value(path, place, dimension));
            let is_divisor = || dimensions.iter().any(|dimension| divides(path, dimension));
            told.filter(|told| told != "0" || !is_divisor()).unwrap_or_else(|| value_of_kind(*kind))
        });
        json
    }
}

impl Near<'_> {
    /// The JSON of the field of `path` by a dimension that says which values are usual in it.
    fn value(&self, path: &str, place: usize, dimension: &DimensionSpec) -> Option<String> {
        match &dimension.source {
            Source::Number(number) if number == path => Some(self.number(place, dimension)),
            Source::Flag { path: flag, invert } if flag == path => Some(self.flag(place, *invert).to_string()),
            Source::Minutes { from, .. } if from == path => Some(quoted(EARLIER)),
            Source::Lookup { path: text, table, .. } if text == path => Some(quoted(&table.first()?.0)),
            Source::Member { path: text, list: List::Texts(texts), .. } if text == path => Some(quoted(texts.first()?)),
            _ => None,
        }
    }

    fn number(&self, place: usize, dimension: &DimensionSpec) -> String {
        match self {
            Self::Middle(fitted) => {
                few_digits(before_steps(middle(dimension, fitted.parameters[place].as_ref()), &dimension.steps))
            }
            Self::Row(row) => all_digits(before_steps(f64::from(row[place]), &dimension.steps)),
        }
    }

    fn flag(&self, place: usize, invert: bool) -> bool {
        match self {
            Self::Middle(_) => true,
            Self::Row(row) => (row[place] != 0.0) != invert,
        }
    }
}

/// Whether a dimension divides by the field of `path`.
fn divides(path: &str, dimension: &DimensionSpec) -> bool {
    matches!(&dimension.source, Source::Ratio { divisor, .. } if **divisor == *path)
}

/// Writes what is in a node, with the JSON of each field.
fn write_object(tree: &FieldTree, node: usize, json: &mut String, value: &impl Fn(usize) -> String) {
    json.push('{');
    let (mut inner, end) = (node + 1, tree.nodes[node].end);
    while inner < end {
        let found = &tree.nodes[inner];
        if inner > node + 1 {
            json.push(',');
        }
        json.push_str(&quoted(&found.key));
        json.push(':');
        match found.target {
            Target::Id => json.push_str(&quoted(ID)),
            Target::Field(field) => json.push_str(&value(field)),
            Target::Object => write_object(tree, inner, json, value),
        }
        inner = found.end;
    }
    json.push('}');
}

fn value_of_kind(kind: Kind) -> String {
    match kind {
        Kind::Number => "1".to_owned(),
        Kind::Flag => "true".to_owned(),
        Kind::Text => quoted(TEXT),
        Kind::Time => quoted(LATER),
        Kind::Texts => format!("[{}]", quoted(TEXT)),
    }
}

/// The middle of what a dimension has after its steps.
fn middle(dimension: &DimensionSpec, parameters: Option<&Parameters>) -> f64 {
    let of_ends = |[least, most]: [f64; 2]| least / 2.0 + most / 2.0;
    match (parameters, dimension.scale, dimension.steps.clamp) {
        (Some(Parameters::MinMax(ends)), ..) => of_ends(*ends),
        (Some(Parameters::Quantiles(quantiles)), ..) => quantiles[quantiles.len() / 2],
        (None, Scale::Grid { range, .. }, _) => of_ends(range),
        (None, _, Some(clamp)) => of_ends(clamp),
        (None, ..) => MIDDLE,
    }
}

/// The number of which the steps make `stepped`, unless they clamp it; 1 if there is none that JSON has.
fn before_steps(stepped: f64, steps: &Steps) -> f64 {
    let number = stepped * steps.divide - steps.offset;
    let number = if steps.log { number.abs().exp_m1().copysign(number) } else { number };
    if number.is_finite() { number } else { 1.0 }
}

fn all_digits(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { serde_json::to_string(&number).expect("it is finite") }
}

fn few_digits(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let decimals = SIGNIFICANT_DIGITS - 1 - number.abs().log10().floor() as i32;
    if !(-6..=12).contains(&decimals) {
        return format!("{number:e}");
    }
    let decimals = decimals.max(0) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text can be written to memory")
}
