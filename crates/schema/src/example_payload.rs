//! A payload to try a schema with.

use crate::field_tree::{FieldSpec, FieldTree, Target};
use crate::plan::{Parameters, Plan};
use crate::schema_file::{DimensionSpec, List, Scale, Source};
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
/// Digits of a number: more would suggest that they matter.
const SIGNIFICANT_DIGITS: i32 = 4;

impl Plan {
    /// A payload that this plan makes a vector of, as compact JSON in the schema's order: numbers from the middle of the data, as
    /// far as the plan knows it, and texts that the schema names.
    pub fn example_payload(&self) -> String {
        let fitted = self.fitted();
        let dimensions: Vec<_> = self.schema().dimensions().iter().zip(&fitted.parameters).collect();
        let mut json = String::new();
        write_object(&self.tree, 0, &mut json, &|field| {
            let FieldSpec { path, kind, .. } = &self.tree.fields[field];
            let told = |(dimension, parameters): &(&DimensionSpec, &Option<Parameters>)| {
                value_of(path, dimension, parameters.as_ref())
            };
            match dimensions.iter().find_map(told) {
                Some(zero) if zero == "0" && dimensions.iter().any(|(dimension, _)| divides(path, dimension)) => {
                    value_of_kind(*kind)
                }
                Some(value) => value,
                None => value_of_kind(*kind),
            }
        });
        json
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

/// The JSON of the field of `path` by a dimension that says which values are usual in it.
fn value_of(path: &str, dimension: &DimensionSpec, parameters: Option<&Parameters>) -> Option<String> {
    match &dimension.source {
        Source::Number(number) if number == path => Some(number_of(middle(dimension, parameters))),
        Source::Minutes { from, .. } if from == path => Some(quoted(EARLIER)),
        Source::Lookup { path: text, table, .. } if text == path => Some(quoted(&table.first()?.0)),
        Source::Member { path: text, list: List::Texts(texts), .. } if text == path => Some(quoted(texts.first()?)),
        _ => None,
    }
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

/// The number whose value lies in the middle of those that the dimension has.
fn middle(dimension: &DimensionSpec, parameters: Option<&Parameters>) -> f64 {
    let steps = &dimension.steps;
    let of_ends = |[least, most]: [f64; 2]| least / 2.0 + most / 2.0;
    let stepped = match (parameters, dimension.scale, steps.clamp) {
        (Some(Parameters::MinMax(ends)), ..) => of_ends(*ends),
        (Some(Parameters::Quantiles(quantiles)), ..) => quantiles[quantiles.len() / 2],
        (None, Scale::Grid { range, .. }, _) => of_ends(range),
        (None, _, Some(clamp)) => of_ends(clamp),
        (None, ..) => MIDDLE,
    };
    let number = stepped * steps.divide - steps.offset;
    if steps.log { number.abs().exp_m1().copysign(number) } else { number }
}

/// A number with a few digits; 1 for one that JSON does not have.
fn number_of(number: f64) -> String {
    if !number.is_finite() {
        return "1".to_owned();
    }
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
