//! `fraudring replay`: known queries through the engine or a running service, every answer checked.

mod clock;
mod in_process;
mod report;
mod tally;
mod through;

use crate::data::{DataFolder, DataOption, Preview, read_payloads};
use crate::exit::Outcome;
use crate::index_image::Image;
use crate::progress::Reporter;
use crate::references_source::Source;
use anyhow::Result;
use clap::{ArgGroup, Args};
use dataset::PayloadEntry;
use report::Report;
use std::path::PathBuf;

/// Options of `replay`.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("what").required(true).args(["preview", "payloads", "references"])))]
#[command(after_help = "Examples:
  fraudring replay --preview 1
  fraudring replay --preview final-like --json
  fraudring replay --payloads mine.json --index mine.index
  fraudring replay --references 1000
  fraudring replay --preview 2 --through http://127.0.0.1:9999

A positive is a denied transaction. Exit status 0: every answer was right; 3: at least one was wrong or missing.")]
pub struct Options {
    /// A published payload set; generated and labelled by brute force on first use, then kept in the data folder
    #[arg(long, value_enum, value_name = "SET")]
    preview: Option<Preview>,
    /// A payload file, as `dataset payloads` writes it
    #[arg(long, value_name = "FILE")]
    payloads: Option<PathBuf>,
    /// The first N references as queries, labelled by brute force (no payloads, so nothing is parsed)
    #[arg(long, value_name = "N", conflicts_with = "through", value_parser = clap::value_parser!(u64).range(1..))]
    references: Option<u64>,
    /// Take the rows of --references from this references.json[.gz]
    #[arg(long, value_name = "FILE|official", default_value = "official", requires = "references")]
    references_file: Source,
    /// The index to ask [default: the official one in the data folder, built when missing]
    #[arg(long, value_name = "FILE", conflicts_with = "through")]
    index: Option<PathBuf>,
    #[command(flatten)]
    data: DataOption,
    /// Ask a running service over HTTP with keep-alive instead, e.g. http://127.0.0.1:9999
    #[arg(long, value_name = "URL")]
    through: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Replays and prints the result on stdout.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    let report = if let Some(count) = options.references {
        replay_references(options, count, &reporter)?
    } else {
        replay_payloads(options, &reporter)?
    };
    report.print(options.json)?;
    Ok(if report.all_right() { Outcome::Done } else { Outcome::WrongAnswers })
}

fn replay_payloads(options: &Options, reporter: &Reporter) -> Result<Report> {
    let (name, entries) = payload_entries(options, reporter)?;
    anyhow::ensure!(!entries.is_empty(), "{name} holds no payloads");
    match &options.through {
        Some(url) => through::replay(&name, &entries, url, reporter),
        None => {
            let (path, image) = index_image(options, reporter)?;
            in_process::replay_payloads(&name, &entries, &image.open_named(&path)?, reporter)
        }
    }
}

fn replay_references(options: &Options, count: u64, reporter: &Reporter) -> Result<Report> {
    let references = options.references_file.load(reporter)?;
    let available = references.vectors.len();
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    anyhow::ensure!(count <= available, "there are only {available} references: name at most so many");
    let queries = &references.vectors[..count];
    let expected = dataset::label(queries, &references, &|phase, done, total| reporter.report(phase, done, total));
    let (path, image) = index_image(options, reporter)?;
    let name = format!("first {count} references");
    in_process::replay_queries(&name, queries, &expected, &image.open_named(&path)?, reporter)
}

fn payload_entries(options: &Options, reporter: &Reporter) -> Result<(String, Vec<PayloadEntry>)> {
    if let Some(path) = &options.payloads {
        return Ok((path.display().to_string(), read_payloads(path)?));
    }
    let preview = options.preview.ok_or_else(|| anyhow::anyhow!("name what to replay: --preview, --payloads …"))?;
    let entries = DataFolder::open(&options.data)?.payloads(preview, reporter)?;
    Ok((preview.name().to_owned(), entries))
}

fn index_image(options: &Options, reporter: &Reporter) -> Result<(PathBuf, Image)> {
    let path = match &options.index {
        Some(path) => path.clone(),
        None => DataFolder::open(&options.data)?.official_index(reporter)?,
    };
    let image = Image::read(&path)?;
    Ok((path, image))
}
