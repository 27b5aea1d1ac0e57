//! An explanation by rows of a schema as people read it.

use super::number::short;
use anyhow::Result;
use scoring::{ExplainedRow, ExplainedValue, RowExplanation};
use std::fmt::Write as _;

/// So many dimensions are named of those in which a neighbour differs.
const DIFFERENCES: usize = 3;
/// Those with less of the squared distance are not.
const LEAST_SHARE: f64 = 0.01;

/// The answer, the dimensions, the neighbours; begins and does not end with an empty line.
pub fn of(explanation: &RowExplanation<'_>) -> Result<String> {
    let RowExplanation { schema, id, answer, label, shares, k, method, work, dimensions, neighbours } = explanation;
    let mut text = String::new();
    // Ids and names may hold what moves a terminal's cursor.
    let id = id.as_deref().map_or_else(|| "payload".to_owned(), |id| id.escape_debug().to_string());
    match label {
        Some(label) => writeln!(text, "\n{id}: {}, by the {k} nearest rows of {schema}", label.escape_debug())?,
        None => writeln!(text, "\n{id}: the {k} nearest rows of {schema}")?,
    }
    let told = shares.iter().filter(|(_, share)| *share > 0.0);
    let told: Vec<_> = told.map(|(label, share)| format!("{} {:.1} %", label.escape_debug(), 100.0 * share)).collect();
    if !told.is_empty() {
        writeln!(text, "shares       {}", told.join(", "))?;
    }
    writeln!(text, "answer       {answer}")?;
    writeln!(
        text,
        "search       {method}: {} nodes, {} blocks, {} points measured",
        work.nodes, work.blocks, work.measured
    )?;

    let widest = dimensions.iter().map(|dimension| dimension.name.chars().count()).max().unwrap_or(0).max(9);
    writeln!(text, "\n  {:<widest$} {:>14} {:<12} {:>14} {:>14}", "dimension", "payload", "", "compared", "weight")?;
    for dimension in dimensions {
        let ExplainedValue { name, unit, value, weight, .. } = dimension;
        let unit = unit.filter(|unit| *unit != "flag").unwrap_or_default();
        let (name, value) = (name.escape_debug().to_string(), short(f64::from(*value)));
        writeln!(text, "  {name:<widest$} {:>14} {unit:<12} {value:>14} {:>14}", raw(dimension), short(*weight))?;
    }

    let widest = neighbours.iter().map(|row| name_of(row).chars().count()).max().unwrap_or(0).max(4);
    let label_width = neighbours.iter().filter_map(|row| row.neighbour.label).map(|label| label.chars().count());
    let label_width = label_width.max().unwrap_or(0).max(5);
    writeln!(
        text,
        "\n  {:>widest$}  {:<label_width$}  {:>12}  differs most in (its value)",
        "row", "label", "distance²"
    )?;
    for row in neighbours {
        let label = row.neighbour.label.unwrap_or("-").escape_debug().to_string();
        let (name, distance) = (name_of(row), short(row.neighbour.distance));
        writeln!(text, "  {name:>widest$}  {label:<label_width$}  {distance:>12}  {}", differences(row, dimensions))?;
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// What the payload says.
fn raw(dimension: &ExplainedValue<'_>) -> String {
    match dimension.raw {
        None if dimension.is_default => "none: default".to_owned(),
        None => "none".to_owned(),
        Some(raw) if dimension.unit == Some("flag") => if raw == 1.0 { "yes" } else { "no" }.to_owned(),
        Some(raw) => short(raw),
    }
}

/// The row's number, and its name if it has one.
fn name_of(row: &ExplainedRow<'_>) -> String {
    match row.neighbour.id {
        Some(id) => format!("{} {}", row.neighbour.row, id.escape_debug()),
        None => row.neighbour.row.to_string(),
    }
}

/// The dimensions with the greatest shares of the squared distance.
fn differences(row: &ExplainedRow<'_>, dimensions: &[ExplainedValue<'_>]) -> String {
    if row.neighbour.distance == 0.0 {
        return "nothing".to_owned();
    }
    let mut shares: Vec<_> = row.shares.iter().enumerate().filter(|(_, share)| **share >= LEAST_SHARE).collect();
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    shares.truncate(DIFFERENCES);
    let told = shares.into_iter().map(|(place, share)| {
        let value = short(f64::from(row.vector[place]));
        format!("{} {:.0} % ({value})", dimensions[place].name.escape_debug(), 100.0 * share)
    });
    told.collect::<Vec<_>>().join(", ")
}
