//! `fraudring index build --schema` and `--from`: a table and its schema, or an index and what changes, to an index of rows.

use crate::cache::index_image;
use crate::commands::schema::read_schema;
use crate::console::advice::Advise;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result, bail, ensure};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use dataset::{SchemaRows, TableInput, read_schema_rows};
use index::knn::{Choice, Method, RowImage};
use schema::Plan;
use scoring::{Revision, RowsImage};
use space::{RowIds, Rows};
use std::path::{Path, PathBuf};

/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_000_000;
/// What the program itself takes, and buffers of readers and writers.
const PROGRAM_BYTES: u64 = 32 * MEGABYTE;

/// Options of `index build` for rows of one's own.
#[derive(Args, Debug, Default)]
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
    /// Keep of each value only its place on a grid of 16 bits a dimension: smaller; answers are exact for the rounded values
    #[arg(long, requires = "schema")]
    grid_is_truth: bool,
    /// Most memory that the build may take, in MB; it says how much it takes once the rows are read
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
        Self { schema: Some(schema), data: Some(data), skip_bad, memory, ..Self::default() }
    }

    /// Whether an index of rows is asked for.
    pub fn is_given(&self) -> bool {
        self.schema.is_some() || self.from.is_some()
    }
}

/// Builds an index of the rows and writes it.
pub fn build(options: &RowOptions, out: &Path, reporter: &Reporter) -> Result<()> {
    let report = |phase, done, total| reporter.report(phase, done, total);
    let mut revision = match (&options.from, &options.schema) {
        (Some(from), _) => revised(options, from, reporter)?,
        (None, Some(schema)) => {
            let data = options.data.as_deref().context("--data FILE is missing")?;
            let SchemaRows { plan, values, labels, ids, .. } =
                read(options, data, Plan::new(&read_schema(schema)?), reporter)?;
            Revision { plan, values, labels, ids }
        }
        (None, None) => bail!("--schema FILE is missing"),
    };
    let Revision { plan, values, labels, ids } = &mut revision;
    let (labels, ids, method) = (labels.as_deref(), ids.as_ref(), options.method.map(|argument| argument.0));
    let rows = values.len() / plan.dimensions();
    check_memory(options, (plan.dimensions(), rows as u64), values, labels, ids, reporter)?;
    let image = if options.grid_is_truth {
        RowsImage::plan_on_grid(plan, values, labels, ids, method, &report)
    } else {
        let rows = Rows::new(plan.dimensions(), values).context("reading the rows")?;
        RowsImage::plan(plan, rows, labels, ids, method, &report)
    };
    let image = image
        .context("building the index")
        .advise(|| "`fraudring data columns FILE` shows what a table holds".to_owned())?;
    write_whole(out, |mut file| Ok(image.write(&mut file)?))?;
    if out != Path::new("-") {
        tell_size(&image, rows as u64, out, reporter);
    }
    Ok(())
}

/// Says what the build takes, and refuses what is not allowed.
fn check_memory(
    options: &RowOptions,
    (dimensions, rows): (usize, u64),
    values: &[f32],
    labels: Option<&[u8]>,
    ids: Option<&RowIds>,
    reporter: &Reporter,
) -> Result<()> {
    let names = ids.map_or(0, |ids| ids.text().len() + size_of_val(ids.ends())) as u64;
    let read = (size_of_val(values) + labels.map_or(0, <[u8]>::len)) as u64 + names;
    // The names are laid out once more.
    let build = RowImage::build_bytes(rows, dimensions) + names + PROGRAM_BYTES;
    let megabytes = |bytes: u64| thousands(bytes.div_ceil(MEGABYTE));
    ensure!(
        read + build <= options.memory.saturating_mul(MEGABYTE),
        "{} rows take {} MB and building an index of them {} MB, more than --memory {}: allow more memory",
        thousands(rows),
        megabytes(read),
        megabytes(build),
        options.memory
    );
    reporter.note(&format!(
        "{} rows take {} MB, building takes at most {} MB beside them",
        thousands(rows),
        megabytes(read),
        megabytes(build)
    ));
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
    // While rows grow they take up to twice as much.
    let read = read_schema_rows(&input, plan, options.memory.saturating_mul(MEGABYTE) / 2, &report)
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
