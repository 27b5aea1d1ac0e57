//! `fraudring schema infer`: a first schema file from a table.

mod draft;

use crate::console::advice::Advise;
use crate::console::exit::Outcome;
use crate::console::output;
use crate::console::progress::Reporter;
use anyhow::{Context, Result, bail};
use clap::Args;
use dataset::{ColumnSurvey, Survey, TableInput};
use draft::Draft;
use schema::{MAX_K, MAX_LABELS, SchemaFile};
use std::path::{Path, PathBuf};

/// Options of `schema infer`.
#[derive(Args, Debug)]
#[command(after_help = "\
All rows are read to see types, ranges and skew. Columns that make no dimension are left out, with the reason as a
comment; so are those beyond 32. Look at every dimension before an index is built: what is alike is decided by them.

Examples:
  fraudring schema infer loans.csv --label outcome > loans.toml
  fraudring schema infer loans.csv.gz --label outcome --row-id loan_id --leave-out branch,clerk | fraudring schema check -")]
pub struct Options {
    /// The table: CSV, JSON, JSON Lines or NumPy, plain or compressed by gzip or zstd; `-` for stdin
    #[arg(value_name = "FILE|-")]
    data: PathBuf,
    /// The column that holds the label of a row; without it, answers are rows and distances
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The column that names a row
    #[arg(long, value_name = "COLUMN")]
    row_id: Option<String>,
    /// Columns that are to make no dimension
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// Name of the schema [default: that of the file]
    #[arg(long)]
    name: Option<String>,
    /// How many nearest rows answer
    #[arg(short, long, default_value_t = 15, value_parser = clap::value_parser!(u8).range(1..=MAX_K as i64))]
    k: u8,
}

/// Reads the table and prints a schema for it.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    let progress = |phase, done, total| reporter.report(phase, done, total);
    let survey = dataset::survey(&TableInput::new(&options.data), &progress)
        .with_context(|| format!("reading {}", command_line::input_name(&options.data)))?;
    if survey.summary.rows == 0 {
        bail!("{} has no row that can be read", command_line::input_name(&options.data));
    }
    let text = draft(options, &survey)?;
    SchemaFile::parse("draft", &text)
        .context("the columns make no schema")
        .advise(|| "leave columns out by --leave-out, or begin with `fraudring schema example`".to_owned())?;
    output::print_line(text.trim_end())?;
    Ok(Outcome::Done)
}

fn draft(options: &Options, survey: &Survey) -> Result<String> {
    let mut left_out: Vec<&str> = options.leave_out.iter().map(String::as_str).collect();
    for name in left_out.iter().copied().chain(options.row_id.as_deref()) {
        column(survey, name)?;
    }
    let mut draft = Draft::new(&name(options)?, options.k, &command_line::input_name(&options.data), survey);
    if let Some(label) = &options.label {
        draft.labels(&labels(column(survey, label)?)?, label);
        left_out.push(label);
    }
    if let Some(id) = &options.row_id {
        draft.row_id(id);
        left_out.push(id);
    }
    for column in survey.columns.iter().filter(|column| !left_out.contains(&&*column.name)) {
        draft.column(column, survey.summary.rows);
    }
    Ok(draft.finish())
}

fn column<'s>(survey: &'s Survey, name: &str) -> Result<&'s ColumnSurvey> {
    let found = survey.columns.iter().find(|column| column.name == name);
    let names = || survey.columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ");
    found.with_context(|| format!("there is no column {name:?}")).advise(|| format!("the columns are {}", names()))
}

/// The labels in a column.
fn labels(column: &ColumnSurvey) -> Result<Vec<&str>> {
    let name = &column.name;
    let labels = column.values.iter().flatten().map(String::as_str).collect::<Vec<_>>();
    match labels.len() {
        0 => bail!(
            "the column {name:?} holds no labels: it must hold 2 to {MAX_LABELS} different texts or whole numbers"
        ),
        1 => bail!("the column {name:?} holds one label only, {:?}: there must be at least 2", labels[0]),
        _ => Ok(labels),
    }
}

/// The name that is given, or that of the file without its endings.
fn name(options: &Options) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if let Some(name) = &options.name {
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
            bail!("--name {name:?}: 1 to 64 ASCII letters, digits, dots, hyphens and underscores");
        }
        return Ok(name.clone());
    }
    let file =
        options.data.file_name().filter(|_| options.data != Path::new("-")).unwrap_or_default().to_string_lossy();
    let stem = file.split('.').find(|part| !part.is_empty()).unwrap_or("table");
    Ok(stem.chars().take(64).map(|c| if is_plain(c) { c } else { '-' }).collect())
}
