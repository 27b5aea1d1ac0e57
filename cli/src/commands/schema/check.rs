//! `fraudring schema check`: whether a file is a schema, and what it says.

use crate::console::advice::Advise;
use crate::console::exit::Outcome;
use crate::console::output;
use anyhow::{Context, Result};
use clap::Args;
use schema::{AnswerKind, Kind, MAX_SCHEMA_BYTES, Plan, SchemaError, SchemaFile};
use serde::Serialize;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Options of `schema check`.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status: 0 if the file is a schema, else 1.

Examples:
  fraudring schema check loans.toml
  fraudring schema check loans.toml --json | jq -r '.fields[].path'
  fraudring schema example | fraudring schema check -")]
pub struct Options {
    /// The schema file, `-` for stdin
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Print one JSON document: what the schema says, or its first fault with line and column
    #[arg(long)]
    json: bool,
}

/// Reads the file and tells what it says.
pub fn run(options: &Options) -> Result<Outcome> {
    let text = read(&options.file)?;
    let name = if options.file == Path::new("-") { "stdin".into() } else { options.file.to_string_lossy() };
    match (SchemaFile::parse(&name, &text), options.json) {
        (Ok(schema), false) => output::print_line(table(&Plan::new(&schema))?.trim_end())?,
        (Ok(schema), true) => {
            output::print_line(&serde_json::to_string_pretty(&Described::of(&Plan::new(&schema)))?)?;
        }
        (Err(error), false) => {
            return Err(error).advise(|| "every key is described in docs/SCHEMA.md".to_owned());
        }
        (Err(error), true) => {
            output::print_line(&serde_json::to_string_pretty(&Fault::of(&error))?)?;
            return Ok(Outcome::Faulty);
        }
    }
    Ok(Outcome::Done)
}

/// The text of the file; a byte more than a schema may have says that it is too long.
pub(super) fn read(path: &Path) -> Result<String> {
    let mut text = String::new();
    let most = MAX_SCHEMA_BYTES as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_string(&mut text).context("reading stdin")?;
    } else {
        let file = File::open(path)
            .with_context(|| format!("cannot open {}", path.display()))
            .advise(|| "`fraudring schema example` prints one to begin with".to_owned())?;
        file.take(most).read_to_string(&mut text).with_context(|| format!("reading {}", path.display()))?;
    }
    Ok(text)
}

/// What `--json` prints of a file at fault.
#[derive(Serialize)]
struct Fault<'e> {
    valid: bool,
    line: usize,
    column: usize,
    message: &'e str,
}

impl<'e> Fault<'e> {
    fn of(error: &'e SchemaError) -> Self {
        let (line, column) = error.place();
        Self { valid: false, line, column, message: error.message() }
    }
}

/// What `--json` prints of a schema.
#[derive(Serialize)]
struct Described<'p> {
    valid: bool,
    name: &'p str,
    fingerprint: String,
    k: usize,
    labels: Option<&'p [String]>,
    answer: &'static str,
    /// Whether a scale is found from data.
    needs_data: bool,
    dimensions: Vec<DescribedDimension<'p>>,
    fields: Vec<DescribedField<'p>>,
}

#[derive(Serialize)]
struct DescribedDimension<'p> {
    name: &'p str,
    /// `None` without an end.
    range: [Option<f64>; 2],
    weight: f64,
    scale: &'static str,
    default: Option<f64>,
}

#[derive(Serialize)]
struct DescribedField<'p> {
    path: &'p str,
    kind: &'static str,
    required: bool,
}

impl<'p> Described<'p> {
    fn of(plan: &'p Plan) -> Self {
        let schema = plan.schema();
        let dimensions = schema.dimensions().iter().map(|dimension| DescribedDimension {
            name: &dimension.name,
            range: dimension.range().map(|end| Some(end).filter(|end| end.is_finite())),
            weight: dimension.weight,
            scale: dimension.scale.name(),
            default: dimension.default,
        });
        let fields = plan.fields().iter().map(|field| DescribedField {
            path: &field.path,
            kind: kind_name(field.kind),
            required: field.required,
        });
        Self {
            valid: true,
            name: schema.name(),
            fingerprint: format!("{:016x}", plan.fingerprint()),
            k: schema.k(),
            labels: schema.labels().map(|labels| &*labels.names),
            answer: answer_name(&schema.answer().kind),
            needs_data: plan.needs_data(),
            dimensions: dimensions.collect(),
            fields: fields.collect(),
        }
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Flag => "flag",
        Kind::Text => "text",
        Kind::Time => "time",
        Kind::Texts => "texts",
    }
}

fn answer_name(kind: &AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Neighbours => "neighbours",
        AnswerKind::Shares => "shares",
        AnswerKind::Threshold { .. } => "threshold",
    }
}

fn table(plan: &Plan) -> Result<String> {
    let described = Described::of(plan);
    let mut text = String::new();
    let labels = described.labels.map_or("none".to_owned(), |labels| labels.join(", "));
    writeln!(text, "schema       {}, fingerprint {}", described.name, described.fingerprint)?;
    writeln!(text, "answer       {} of the {} nearest; labels: {labels}", described.answer, described.k)?;
    writeln!(text, "\n{:<28} {:<12} {:<24} weight", "dimension", "scale", "range")?;
    for dimension in &described.dimensions {
        let [least, most] = dimension.range.map(|end| end.map_or("open".to_owned(), |end| end.to_string()));
        let range = if least == most { least } else { format!("{least} to {most}") };
        writeln!(text, "{:<28} {:<12} {range:<24} {}", dimension.name, dimension.scale, dimension.weight)?;
    }
    writeln!(text, "\n{:<40} kind", "field")?;
    for field in &described.fields {
        let optional = if field.required { "" } else { ", may be absent" };
        writeln!(text, "{:<40} {}{optional}", field.path, field.kind)?;
    }
    if described.needs_data {
        writeln!(text, "\nScales are found from the data when an index is built, and stored in it.")?;
    }
    Ok(text)
}
