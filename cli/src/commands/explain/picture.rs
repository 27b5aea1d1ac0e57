//! An explanation as people read it.

use super::number::short;
use anyhow::Result;
use schema::Dimension;
use scoring::{ExplainedDimension, ExplainedNeighbour, Explanation};
use std::fmt::Write as _;

/// So many dimensions are named of those in which a neighbour differs.
const DIFFERENCES: usize = 3;
/// Those with less of the squared distance are not.
const LEAST_SHARE: f64 = 0.01;

/// The decision, the dimensions, the neighbours; begins and does not end with an empty line.
pub fn of(explanation: &Explanation<'_>) -> Result<String> {
    let Explanation { id, approved, fraud_score, frauds, proof, dimensions, neighbours } = explanation;
    let mut text = String::new();
    let (verdict, of_all) = (if *approved { "approved" } else { "denied" }, neighbours.len());
    // An id may hold what moves a terminal's cursor.
    writeln!(text, "\n{}: {verdict}, fraud_score {fraud_score:.1}", id.escape_debug())?;
    writeln!(text, "{frauds} of the {of_all} nearest references are frauds (proved by: {})", proof.replace('_', " "))?;

    writeln!(text, "\n  {:<22} {:>14} {:<13} {:>11} {:>9}", "dimension", "payload", "", "normalized", "compared")?;
    for dimension in dimensions {
        let ExplainedDimension { name, unit, value, quantized, .. } = dimension;
        let (raw, unit) = (raw(dimension), if *unit == "flag" { "" } else { unit });
        writeln!(text, "  {name:<22} {raw:>14} {unit:<13} {value:>11.6} {:>9.4}", fixed(*quantized))?;
    }

    writeln!(text, "\n  {:>9}  {:<5}  {:>8}  differs most in (its value)", "reference", "label", "distance")?;
    for neighbour in neighbours {
        let ExplainedNeighbour { reference, label, distance, .. } = neighbour;
        writeln!(text, "  {reference:>9}  {label:<5}  {distance:>8.6}  {}", differences(neighbour))?;
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// A stored value as a number of -1..=1.
fn fixed(quantized: i16) -> f64 {
    f64::from(quantized) / f64::from(space::SCALE)
}

/// What the payload says.
fn raw(dimension: &ExplainedDimension) -> String {
    match dimension.raw {
        None => "none".to_owned(),
        Some(raw) if dimension.unit == "flag" => if raw == 1.0 { "yes" } else { "no" }.to_owned(),
        Some(raw) => short(raw),
    }
}

/// The dimensions with the greatest shares of the squared distance.
fn differences(neighbour: &ExplainedNeighbour) -> String {
    if neighbour.squared_distance == 0 {
        return "nothing".to_owned();
    }
    let mut shares: Vec<_> =
        Dimension::ALL.into_iter().zip(neighbour.shares).filter(|(_, share)| *share >= LEAST_SHARE).collect();
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    shares.truncate(DIFFERENCES);
    let told = shares.into_iter().map(|(dimension, share)| {
        let value = fixed(neighbour.vector[dimension as usize]);
        format!("{} {:.0} % ({value})", dimension.name(), 100.0 * share)
    });
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_payloads_are_short_and_flags_are_words() {
        let shown =
            |raw: Option<f64>, unit| super::raw(&ExplainedDimension { name: "x", raw, unit, value: 0.0, quantized: 0 });
        assert_eq!(shown(Some(41.12), "kilometres"), "41.12");
        assert_eq!([shown(Some(1.0), "flag"), shown(Some(0.0), "flag"), shown(None, "ratio")], ["yes", "no", "none"]);
    }
}
