//! `fraudring index build --schema` and `--from`: a table and its schema, or an index and what changes, to an index of rows.

use crate::cache::index_image;
use crate::commands::schema::read_schema;
use crate::console::advice::Advise;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result, bail};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use dataset::{SchemaRows, TableInput, read_schema_rows};
use index::knn::{Choice, Method};
use schema::Plan;
use scoring::{Revision, RowsImage};
use space::Rows;
use std::path::{Path, PathBuf};

/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_000_000;

/// Options of `index build` for rows of one's own.
#[derive(Args, Debug)]
pub struct RowOptions {
    /// An index of rows to begin with: its schema, its scales and its rows
    #[arg(long, value_name = "FILE", conflicts_with_all = ["references", "normalization", "mcc_risk", "schema"])]
    from: Option<PathBuf>,
    /// Rows to add to those of --from, as --data has them
    #[arg(long, value_name = "FILE|-", requires = "from")]
    add: Option<PathBuf>,
    /// Rows to leave out of those of --from, with commas: their names, or their numbers if they have no names
    #[arg(long, value_name = "ROW,…", requires = "from", value_delimiter = ',')]
    remove: Vec<String>,
    /// The rows: CSV, JSON, JSON Lines, NumPy's npy and npz, Parquet or Arrow IPC, plain or compressed; `-` is stdin
    #[arg(long, value_name = "FILE|-", requires = "schema")]
    data: Option<PathBuf>,
    /// What says how rows become vectors and labels: docs/SCHEMA.md
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with_all = ["references", "normalization", "mcc_risk"])]
    schema: Option<PathBuf>,
    /// Leave out bad rows, and tell how many there were; without it the first one is an error
    #[arg(long)]
    skip_bad: bool,
    /// How points are found [default: what looks at least on a sample of the rows]
    #[arg(long, value_name = "METHOD")]
    method: Option<MethodArgument>,
    /// Most memory that rows, labels and names may take, in MB; building takes half as much again
    #[arg(long, value_name = "MB", default_value_t = 8_000)]
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

impl RowOptions {
    /// Those of the rows of a table by a schema, as `up` builds them; `memory` in MB.
    pub fn of_table(schema: PathBuf, data: PathBuf, skip_bad: bool, memory: u64) -> Self {
        let (schema, data) = (Some(schema), Some(data));
        Self { from: None, add: None, remove: Vec::new(), data, schema, skip_bad, method: None, memory }
    }

    /// Whether an index of rows is asked for.
    pub fn is_given(&self) -> bool {
        self.schema.is_some() || self.from.is_some()
    }
}

/// Builds an index of the rows and writes it.
pub fn build(options: &RowOptions, out: &Path, reporter: &Reporter) -> Result<()> {
    let report = |phase, done, total| reporter.report(phase, done, total);
    let revision = match (&options.from, &options.schema) {
        (Some(from), _) => revised(options, from, reporter)?,
        (None, Some(schema)) => {
            let data = options.data.as_deref().context("--data FILE is missing")?;
            let SchemaRows { plan, values, labels, ids, .. } =
                read(options, data, Plan::new(&read_schema(schema)?), reporter)?;
            Revision { plan, values, labels, ids }
        }
        (None, None) => bail!("--schema FILE is missing"),
    };
    let Revision { plan, values, labels, ids } = &revision;
    let rows = Rows::new(plan.dimensions(), values).context("reading the rows")?;
    let method = options.method.map(|argument| argument.0);
    let image = RowsImage::plan(plan, rows, labels.as_deref(), ids.as_ref(), method, &report)
        .context("building the index")
        .advise(|| "`fraudring data columns FILE` shows what a table holds".to_owned())?;
    write_whole(out, |mut file| Ok(image.write(&mut file)?))?;
    if out != Path::new("-") {
        tell_size(&image, rows.len() as u64, out, reporter);
    }
    Ok(())
}

/// The rows of an index with those that are added, without those that are removed.
fn revised(options: &RowOptions, from: &Path, reporter: &Reporter) -> Result<Revision> {
    let generation = index_image::open_rows(from)?;
    let mut revision =
        generation.revise(&options.remove).with_context(|| format!("in {}", command_line::input_name(from)))?;
    if let Some(add) = &options.add {
        let more = read(options, add, revision.plan.clone(), reporter)?;
        revision.add(&more.values, more.labels.as_deref(), more.ids.as_ref());
    }
    Ok(revision)
}

fn read(options: &RowOptions, data: &Path, plan: Plan, reporter: &Reporter) -> Result<SchemaRows> {
    let report = |phase, done, total| reporter.report(phase, done, total);
    let input = TableInput { skip_bad: options.skip_bad, ..TableInput::new(data) };
    let read = read_schema_rows(&input, plan, options.memory.saturating_mul(MEGABYTE), &report)
        .with_context(|| format!("reading {}", command_line::input_name(data)))?;
    tell_bad_rows(&read, reporter);
    Ok(read)
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
