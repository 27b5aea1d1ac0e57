//! `fraudring index build --schema`: a table and its schema to an index of rows.

use crate::commands::schema::read_schema;
use crate::console::advice::Advise;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use dataset::{SchemaRows, TableInput, read_schema_rows};
use index::knn::{Choice, Method};
use schema::Plan;
use scoring::RowsImage;
use space::Rows;
use std::path::{Path, PathBuf};

/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_000_000;

/// Options of `index build` for rows of one's own.
#[derive(Args, Debug)]
pub struct RowOptions {
    /// The rows: CSV, JSON, JSON Lines, NumPy's npy and npz, Parquet or Arrow IPC, plain or compressed; `-` is stdin
    #[arg(long, value_name = "FILE|-", requires = "schema")]
    data: Option<PathBuf>,
    /// What says how rows become vectors and labels: docs/SCHEMA.md
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with_all = ["references", "normalization", "mcc_risk"])]
    pub schema: Option<PathBuf>,
    /// Leave out bad rows, and tell how many there were; without it the first one is an error
    #[arg(long, requires = "schema")]
    skip_bad: bool,
    /// How points are found [default: what looks at least on a sample of the rows]
    #[arg(long, value_name = "METHOD", requires = "schema")]
    method: Option<MethodArgument>,
    /// Most memory that rows, labels and names may take, in MB; building takes half as much again
    #[arg(long, value_name = "MB", requires = "schema", default_value_t = 8_000)]
    memory: u64,
}

#[derive(Clone, Copy, Debug)]
struct MethodArgument(Method);

impl ValueEnum for MethodArgument {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [MethodArgument; 3] =
            [MethodArgument(Method::GridTree), MethodArgument(Method::FloatTree), MethodArgument(Method::CellScan)];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// Builds an index of the rows and writes it.
pub fn build(options: &RowOptions, schema: &Path, out: &Path, reporter: &Reporter) -> Result<()> {
    let report = |phase, done, total| reporter.report(phase, done, total);
    let data = options.data.as_deref().context("--data FILE is missing")?;
    let plan = Plan::new(&read_schema(schema)?);
    let input = TableInput { skip_bad: options.skip_bad, ..TableInput::new(data) };
    let read = read_schema_rows(&input, plan, options.memory.saturating_mul(MEGABYTE), &report)
        .with_context(|| format!("reading {}", data.display()))?;
    tell_bad_rows(&read, reporter);
    let rows = Rows::new(read.plan.dimensions(), &read.values).context("reading the rows")?;
    let method = options.method.map(|argument| argument.0);
    let image = RowsImage::plan(&read.plan, rows, read.labels.as_deref(), read.ids.as_ref(), method, &report)
        .with_context(|| format!("building an index of {}", data.display()))
        .advise(|| format!("`fraudring data columns {}` shows what it holds", data.display()))?;
    write_whole(out, |mut file| Ok(image.write(&mut file)?))?;
    if out != Path::new("-") {
        tell_size(&image, rows.len() as u64, out, reporter);
    }
    Ok(())
}

fn tell_bad_rows(read: &SchemaRows, reporter: &Reporter) {
    if read.summary.bad == 0 {
        return;
    }
    for bad in &read.summary.first_bad {
        reporter.note(&format!("left out: {bad}"));
    }
    let more = read.summary.bad - read.summary.first_bad.len() as u64;
    let total = thousands(read.summary.bad);
    reporter.note(&format!("{total} bad rows were left out{}", if more > 0 { ", the first are named" } else { "" }));
}

fn tell_size(image: &RowsImage<'_>, rows: u64, out: &Path, reporter: &Reporter) {
    let megabytes = image.bytes() as f64 / 1e6;
    let per_row = image.bytes() as f64 / rows as f64;
    reporter.note(&format!("{megabytes:.1} MB in {}: {} rows of {per_row:.0} bytes", out.display(), thousands(rows)));
    if image.copies() > 0 {
        reporter.note(&format!("{} rows equal others and are stored with them", thousands(u64::from(image.copies()))));
    }
    reporter.note(&why(image.choice()));
}

/// Which method was chosen, and why.
fn why(choice: &Choice) -> String {
    let name = choice.method.name();
    if choice.estimates.is_empty() {
        return format!("method {name}, as asked");
    }
    let estimates = choice
        .estimates
        .iter()
        .map(|estimate| format!("{} {:.0} us", estimate.method.name(), estimate.nanoseconds / 1e3));
    format!("method {name}: a search would take about {}", estimates.collect::<Vec<_>>().join(", "))
}
