//! `fraudring replay`: known queries through the engine or a running service, every answer checked.

mod in_process;
mod report;
mod rows;
mod through;

use crate::cache::data::{DataFolder, DataOption, read_payloads};
use crate::cache::references_source::Source;
use crate::commands::own_data::OwnDataOptions;
use crate::commands::own_payloads::OWN_PATH;
use crate::console::exit::Outcome;
use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use clap::{ArgGroup, Args};
use dataset::{QueryKind, References};
use load_test::{Payloads, Preview, Target};
use report::ReplayReport;
use rows::RowReplay;
use space::Point;
use std::path::PathBuf;

/// Options of `replay`.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("what").required(true).args(["preview", "payloads", "references", "uniform", "beside", "schema"])))]
#[command(after_help = "Examples:
  fraudring replay --preview 1 --preview 2
  fraudring replay --preview final-like --json
  fraudring replay --payloads mine.json --index mine.index
  fraudring replay --references 1000
  fraudring replay --uniform 100000 --seed 7 --stats
  fraudring replay --preview 2 --stats
  fraudring replay --preview 2 --through http://127.0.0.1:9999
  fraudring replay --preview 2 --through unix:/run/fraudring/1.sock
  fraudring replay --schema loans.toml --data loans.csv --count 10000

A positive is a denied transaction. Exit status 0: every answer was right; 3: at least one was wrong or missing.")]
pub struct Options {
    /// A published payload set; generated and labelled by brute force on first use, then kept in the data folder. More than
    /// one: give the option again; the index is opened once, and a report follows the other
    #[arg(long, value_enum, value_name = "SET")]
    preview: Vec<Preview>,
    /// A payload file, as `dataset payloads` writes it; `-` is stdin
    #[arg(long, value_name = "FILE")]
    payloads: Option<PathBuf>,
    /// The first N references as queries, labelled by brute force (no payloads, so nothing is parsed)
    #[arg(long, value_name = "N", conflicts_with = "through", value_parser = clap::value_parser!(u64).range(1..))]
    references: Option<u64>,
    /// N vectors drawn evenly from all that transactions can become, labelled by brute force
    #[arg(long, value_name = "N", conflicts_with = "through", value_parser = clap::value_parser!(u64).range(1..))]
    uniform: Option<u64>,
    /// N references drawn with one value moved by 0.0001, labelled by brute force
    #[arg(long, value_name = "N", conflicts_with = "through", value_parser = clap::value_parser!(u64).range(1..))]
    beside: Option<u64>,
    /// Draws --uniform and --beside
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The references that --references, --uniform and --beside are labelled by, a references.json[.gz]
    #[arg(long, value_name = "FILE|official", default_value = "official")]
    references_file: Source,
    /// The index to ask [default: the official one in the data folder, built when missing]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["through", "schema"])]
    index: Option<PathBuf>,
    #[command(flatten)]
    own_data: OwnDataOptions,
    /// With --schema, payloads made of its rows: answers are compared with brute force over the table, or through a service
    /// with those of an index of it
    #[arg(long, value_name = "N", default_value_t = 1_000, requires = "schema", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    count: u64,
    /// Ask a running service over HTTP with keep-alive instead: http://HOST:PORT[/PATH] or unix:PATH; the path asked for
    /// is /fraud-score unless given, with --schema /score
    #[arg(long, value_name = "URL")]
    through: Option<Target>,
    /// Count what each search looks at, after it was timed: by how the answer was reached, and by the answer
    #[arg(long, conflicts_with_all = ["through", "schema"])]
    stats: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Replays and prints a result a set on stdout.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    if options.own_data.is_given() {
        let report = replay_rows(options, &reporter)?;
        report.print(options.json)?;
        return Ok(if report.all_right() { Outcome::Done } else { Outcome::WrongAnswers });
    }
    let reports = match queries(options, &reporter)? {
        Some(drawn) => vec![replay_drawn(options, &drawn, &reporter)?],
        None => replay_payloads(options, &payload_sets(options, &reporter)?, &reporter)?,
    };
    for report in &reports {
        report.print(options.json)?;
    }
    Ok(if reports.iter().all(ReplayReport::all_right) { Outcome::Done } else { Outcome::WrongAnswers })
}

fn replay_rows(options: &Options, reporter: &Reporter) -> Result<RowReplay> {
    let folder = DataFolder::open(&options.data())?;
    let rows = options.own_data.rows(&folder, reporter)?.context("--schema FILE and --data FILE go together")?;
    match &options.through {
        Some(target) => {
            let target = target.clone().with_default_path(OWN_PATH);
            rows::through_service(&rows, &folder, options.count, &target, reporter)
        }
        None => rows::in_process(&rows, &folder, options.count, reporter),
    }
}

impl Options {
    fn data(&self) -> DataOption {
        DataOption::of(self.own_data.folder())
    }
}

fn replay_payloads(options: &Options, sets: &[Payloads], reporter: &Reporter) -> Result<Vec<ReplayReport>> {
    let reports: Vec<_> = match &options.through {
        Some(target) => sets.iter().map(|set| through::replay(set, target, reporter)).collect::<Result<_>>()?,
        None => {
            let (_, generation) = options.data().index(options.index.as_deref(), reporter)?;
            in_process::replay_payloads(sets, generation, options.stats, reporter)?
        }
    };
    for (set, report) in sets.iter().zip(&reports) {
        if report.wrong_answers() > 0 {
            reporter.note(&load_test::wrong_answers_hint(&set.name, options.payloads.is_none()));
        }
    }
    Ok(reports)
}

/// Queries that no payload made, and the references they were drawn with.
struct Drawn {
    name: String,
    queries: Vec<Point>,
    references: References,
}

fn queries(options: &Options, reporter: &Reporter) -> Result<Option<Drawn>> {
    let Some(count) = options.references.or(options.uniform).or(options.beside) else { return Ok(None) };
    let references = options.references_file.load(reporter)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let draw = |kind| dataset::draw_queries(kind, &references, count, options.seed);
    let (name, queries) = if options.uniform.is_some() {
        (format!("{count} uniform queries"), draw(QueryKind::Uniform))
    } else if options.beside.is_some() {
        (format!("{count} queries beside references"), draw(QueryKind::Beside))
    } else {
        let available = references.vectors.len();
        anyhow::ensure!(count <= available, "there are only {available} references: name at most so many");
        (format!("first {count} references"), references.vectors[..count].to_vec())
    };
    Ok(Some(Drawn { name, queries, references }))
}

fn replay_drawn(options: &Options, drawn: &Drawn, reporter: &Reporter) -> Result<ReplayReport> {
    let Drawn { name, queries, references } = drawn;
    let expected = dataset::label(queries, references, &|phase, done, total| reporter.report(phase, done, total));
    let (_, generation) = options.data().index(options.index.as_deref(), reporter)?;
    in_process::replay_points(name, queries, &expected, &generation, options.stats, reporter)
}

fn payload_sets(options: &Options, reporter: &Reporter) -> Result<Vec<Payloads>> {
    if let Some(path) = &options.payloads {
        return Ok(vec![Payloads::transactions(command_line::input_name(path), read_payloads(path)?)]);
    }
    let folder = DataFolder::open(&options.data())?;
    let set = |preview: &Preview| Ok(Payloads::transactions(preview.name(), folder.payloads(*preview, reporter)?));
    options.preview.iter().map(set).collect()
}
