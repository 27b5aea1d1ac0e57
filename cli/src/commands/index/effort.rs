//! `fraudring index effort`: how much of an index searches look at, where queries are drawn to make them look at much.

use super::row_effort;
use crate::cache::data::DataOption;
use crate::cache::index_image;
use crate::cache::references_source::Source;
use crate::commands::search_stats::{Shown, Stats, table};
use crate::console::exit::Outcome;
use crate::console::output::print_line;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use dataset::QueryKind;
use index::Index;
use index::lanes::LANES;
use rayon::prelude::*;
use scoring::AnyGeneration;
use serde::Serialize;
use space::{DIMENSIONS, Point};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Queries of one task.
const CHUNK: usize = 4096;

/// Options of `index effort`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  fraudring index effort
  fraudring index effort --queries between,corners --count 500000 --json
  fraudring index effort mine.index --references mine.json.gz
  fraudring index effort rows.index --queries beside,corners       rows of a schema, from the index alone

Kinds of queries:
  uniform   all that transactions can become        beside    references, one value moved by 0.0001
  cube      all vectors from -1 to 1                between   middles between a legit reference and a fraud
  corners   corners of -1..1 and 0..1               mixed     each value from another reference
  centre    around the centre of all references     sentinel  corners, both or one value of the last transaction -1

Rows of a schema have uniform, beside, between, mixed, corners and centre: of the box around them, in the
place of -1..1, and between any two of them.

Answers are counted and not checked: `replay --uniform` and `--beside` do that, by brute force.")]
pub struct Options {
    /// The index file [default: the official one in the data folder, built when missing]
    file: Option<PathBuf>,
    /// Kinds of queries, separated by commas [default: all]
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = kind_parser(), hide_possible_values = true)]
    queries: Vec<QueryKind>,
    /// Queries of each kind
    #[arg(long, value_name = "N", default_value_t = 125_000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Draws the queries
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The references that the index was built from, see `index build`; not asked for where it holds rows of a schema
    #[arg(long, value_name = "FILE|official", default_value = "official")]
    references: Source,
    #[command(flatten)]
    data: DataOption,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn kind_parser() -> impl TypedValueParser<Value = QueryKind> {
    let names = PossibleValuesParser::new(QueryKind::ALL.map(QueryKind::name));
    names.map(|name| QueryKind::named(&name).expect("one of the names"))
}

/// What is printed; its JSON has these keys.
#[derive(Serialize)]
struct EffortReport {
    index: String,
    references: u32,
    kernel: &'static str,
    seed: u64,
    /// A row for each kind of queries.
    kinds: Vec<Shown>,
    /// Over all kinds, by how the answer was reached and by the answer.
    answers: Stats,
    most: Most,
}

/// The query that most vectors were compared with.
#[derive(Serialize)]
struct Most {
    kind: &'static str,
    /// In units of 1/10000.
    query: [i16; DIMENSIONS],
    blocks: u32,
    /// At most so many different ones: blocks have up to 16, and one that was looked at twice counts twice.
    vectors: u64,
    /// Of the references.
    share: f64,
}

/// Costs of some queries of one kind.
#[derive(Default)]
struct Measured {
    stats: Stats,
    /// Most blocks, and the first query that took them.
    most: Option<(u32, Point)>,
}

impl Measured {
    fn add(&mut self, index: &Index<'_>, query: &Point) {
        let (frauds, effort) = index.measure(query);
        self.stats.add(frauds, &effort);
        self.take_most(Some((effort.blocks, *query)));
    }

    fn merge(mut self, other: Self) -> Self {
        self.stats.merge(&other.stats);
        self.take_most(other.most);
        self
    }

    fn take_most(&mut self, other: Option<(u32, Point)>) {
        let blocks = |most: Option<(u32, Point)>| most.map(|(blocks, _)| blocks);
        if blocks(other) > blocks(self.most) {
            self.most = other;
        }
    }
}

/// Measures and prints the result on stdout.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    let opened = match &options.file {
        Some(file) => (file.clone(), index_image::open_any(file)?),
        None => {
            let (path, generation) = options.data.index(None, &reporter)?;
            (path, AnyGeneration::References(Arc::new(generation)))
        }
    };
    let name = command_line::input_name(&opened.0);
    let generation = match &opened.1 {
        AnyGeneration::References(references) => references,
        AnyGeneration::Rows(rows) => {
            let drawn = (options.count, options.seed);
            let report = row_effort::measure((name, rows), &options.queries, drawn, &reporter)?;
            print_line(&if options.json { serde_json::to_string_pretty(&report)? } else { report.text()? })?;
            return Ok(Outcome::Done);
        }
    };
    let report = measure(options, name, generation.index(), &reporter)?;
    print_line(&if options.json { serde_json::to_string_pretty(&report)? } else { report.text()? })?;
    Ok(Outcome::Done)
}

fn measure(options: &Options, name: String, index: &Index<'_>, reporter: &Reporter) -> Result<EffortReport> {
    let references = options.references.load(reporter)?;
    let info = index.info();
    anyhow::ensure!(
        references.vectors.len() == info.references as usize,
        "the index holds {} references, --references {}: name those it was built from",
        thousands(u64::from(info.references)),
        thousands(references.vectors.len() as u64)
    );
    let drawn = if options.queries.is_empty() { &QueryKind::ALL[..] } else { &options.queries };
    let (done, total) = (AtomicU64::new(0), options.count * drawn.len() as u64);
    let count = usize::try_from(options.count).unwrap_or(usize::MAX);
    let (mut kinds, mut answers, mut most) = (Vec::new(), Stats::default(), None);
    for kind in drawn {
        let queries = dataset::draw_queries(*kind, &references, count, options.seed);
        let measured = measure_queries(index, &queries, &|more| {
            reporter.report("searching", done.fetch_add(more, Ordering::Relaxed) + more, total);
        });
        kinds.push(measured.stats.whole(kind.name()));
        answers.merge(&measured.stats);
        let (blocks, query) = measured.most.context("no queries were drawn")?;
        if most.as_ref().is_none_or(|most: &Most| blocks > most.blocks) {
            most = Some(Most::new(kind.name(), blocks, &query, info.references));
        }
    }
    let most = most.context("no kind of queries was named")?;
    Ok(EffortReport {
        index: name,
        references: info.references,
        kernel: info.kernel,
        seed: options.seed,
        kinds,
        answers,
        most,
    })
}

/// On all cores. Pieces are put together in their order, so that the result does not depend on how many there are.
fn measure_queries(index: &Index<'_>, queries: &[Point], progress: &(dyn Fn(u64) + Sync)) -> Measured {
    let pieces = queries.par_chunks(CHUNK).map(|queries| {
        let mut measured = Measured::default();
        queries.iter().for_each(|query| measured.add(index, query));
        progress(queries.len() as u64);
        measured
    });
    pieces.reduce(Measured::default, Measured::merge)
}

impl Most {
    fn new(kind: &'static str, blocks: u32, query: &Point, references: u32) -> Self {
        let vectors = (u64::from(blocks) * LANES as u64).min(u64::from(references));
        Self { kind, query: *query.values(), blocks, vectors, share: vectors as f64 / f64::from(references) }
    }
}

impl EffortReport {
    fn text(&self) -> Result<String> {
        let Self { index, references, kernel, seed, kinds, answers, most } = self;
        let mut text = String::new();
        let references = thousands(u64::from(*references));
        writeln!(text, "{index}: {references} references, kernel {kernel}, queries of seed {seed}")?;
        writeln!(text, "{}", table(kinds)?)?;
        writeln!(text, "{}", table(&answers.rows())?)?;
        let (vectors, percent) = (thousands(most.vectors), 100.0 * most.share);
        writeln!(text, "  most for one query: {vectors} vectors at most, {percent:.3} % of all")?;
        write!(text, "    {}, {:?}", most.kind, most.query)?;
        Ok(text)
    }
}
