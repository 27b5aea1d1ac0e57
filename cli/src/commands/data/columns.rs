//! `fraudring data columns`.

use super::grid;
use super::table::TableOptions;
use crate::console::exit::Outcome;
use crate::console::output::print_line;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use dataset::{ColumnSurvey, NumberSurvey, Survey};
use schema::Kind;
use serde::Serialize;
use std::collections::BTreeSet;

/// Values of a column that a line shows.
const SHOWN_VALUES: usize = 6;

/// Options of `data columns`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  fraudring data columns mine.csv
  fraudring data columns mine.npz --matrix train --labels train_labels --json

Bad rows are counted and passed over. Cells of CSV have no type: a column holds numbers if all its cells are numbers.")]
pub struct Options {
    #[command(flatten)]
    table: TableOptions,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
}

/// Reads all of the table.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    let progress = |phase: &'static str, done: u64, total: u64| reporter.report(phase, done, total);
    let survey = dataset::survey(&options.table.input(true), &progress).with_context(|| options.table.name())?;
    if options.json {
        print_line(&serde_json::to_string(&Report::of(&survey))?)?;
    } else {
        print_line(&text(&survey))?;
    }
    for bad in &survey.summary.first_bad {
        reporter.note(&format!("bad {bad}"));
    }
    Ok(Outcome::Done)
}

fn text(survey: &Survey) -> String {
    let title = ["column", "type", "missing", "bad", "holds"].map(str::to_owned).to_vec();
    let lines = survey.columns.iter().map(|column| {
        let kind = column.kind.map_or(unknown(column), kind_name).to_owned();
        vec![column.name.clone(), kind, thousands(column.missing), thousands(column.bad), holds(column)]
    });
    let summary = &survey.summary;
    format!(
        "{} rows of {}, {} bad\n\n{}",
        thousands(summary.rows),
        summary.format.name(),
        thousands(summary.bad),
        grid::of(&std::iter::once(title).chain(lines).collect::<Vec<_>>())
    )
}

/// Why a column is of no kind.
fn unknown(column: &ColumnSurvey) -> &'static str {
    if column.numbers.is_none() && column.values.is_none() { "nothing" } else { "mixed" }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Flag => "flag",
        Kind::Text => "text",
        Kind::Time => "time",
        Kind::Texts => "texts",
    }
}

fn holds(column: &ColumnSurvey) -> String {
    match (&column.values, column.numbers) {
        (_, Some(NumberSurvey { min, max, mean, .. })) if column.kind == Some(Kind::Number) => {
            format!("{min} to {max}, mean {mean:.6}")
        }
        (Some(values), _) => {
            let shown: Vec<&str> = values.iter().take(SHOWN_VALUES).map(String::as_str).collect();
            let more = if values.len() > SHOWN_VALUES { ", …" } else { "" };
            format!("{} values: {}{more}", values.len(), shown.join(", "))
        }
        _ => String::new(),
    }
}

/// A survey as JSON.
#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    rows: u64,
    bad_rows: u64,
    columns: Vec<Column<'a>>,
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    missing: u64,
    bad: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<Numbers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'a BTreeSet<String>>,
}

#[derive(Serialize)]
struct Numbers {
    count: u64,
    min: f64,
    max: f64,
    whole: bool,
    mean: f64,
    deviation: f64,
    skewness: f64,
}

impl<'a> Report<'a> {
    fn of(survey: &'a Survey) -> Self {
        let columns = survey.columns.iter().map(|column| Column {
            name: &column.name,
            kind: column.kind.map(kind_name),
            missing: column.missing,
            bad: column.bad,
            numbers: column.numbers.map(Numbers::of),
            values: column.values.as_ref(),
        });
        let summary = &survey.summary;
        Self { format: summary.format.name(), rows: summary.rows, bad_rows: summary.bad, columns: columns.collect() }
    }
}

impl Numbers {
    const fn of(numbers: NumberSurvey) -> Self {
        let NumberSurvey { count, min, max, is_whole, mean, deviation, skewness } = numbers;
        Self { count, min, max, whole: is_whole, mean, deviation, skewness }
    }
}
