//! `fraudring data head`.

use super::grid;
use super::table::TableOptions;
use crate::console::exit::Outcome;
use crate::console::output::print_line;
use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// More would not be looked at, and is all in memory before it is printed.
const MOST_ROWS: u64 = 10_000;

/// Options of `data head`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  fraudring data head mine.csv
  fraudring data head mine.parquet -n 20
  zstdcat mine.jsonl.zst | fraudring data head - --json")]
pub struct Options {
    #[command(flatten)]
    table: TableOptions,
    /// How many rows
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=MOST_ROWS))]
    rows: u64,
    /// Print a line of JSON for each row
    #[arg(long)]
    json: bool,
}

/// Prints the first rows.
pub fn run(options: &Options) -> Result<Outcome> {
    let head = dataset::read_head(&options.table.input(false), options.rows).with_context(|| options.table.name())?;
    if options.json {
        for row in head.rows {
            let object: Map<String, Value> = head.columns.iter().cloned().zip(row).collect();
            print_line(&Value::Object(object).to_string())?;
        }
        return Ok(Outcome::Done);
    }
    let rows = head.rows.iter().map(|row| row.iter().map(shown).collect());
    print_line(&grid::of(&std::iter::once(head.columns.clone()).chain(rows).collect::<Vec<_>>()))?;
    Ok(Outcome::Done)
}

/// Text without quotation marks; nothing where there is nothing.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
