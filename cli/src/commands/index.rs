//! `fraudring index`: build an index, describe it, measure it.

mod effort;
mod equal_points;

use crate::cache::index_image;
use crate::cache::references_source::Source;
use crate::cache::usable_file::usable;
use crate::console::exit::Outcome;
use crate::console::output::{print_line, write_whole};
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use equal_points::EqualPoints;
use index::{Index, Info};
use schema::Rules;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The subcommands of `fraudring index`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Build an index from references; same input, same bytes
    Build(BuildOptions),
    /// Check an index file and tell what is in it
    Info(InfoOptions),
    /// Count what searches look at, over queries of many kinds, the worst included
    Effort(effort::Options),
}

/// Options of `index build`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  fraudring index build --references official --out official.index
  fraudring index build --references mine.json.gz --mcc-risk mcc_risk.json --out mine.index")]
pub struct BuildOptions {
    /// References, JSON or JSON Lines, plain or compressed by gzip or zstd; or `official` for the generated official set
    #[arg(long, value_name = "FILE|official")]
    references: Source,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Constants of the vector in the shape of normalization.json [default: built in]
    #[arg(long, value_name = "FILE")]
    normalization: Option<PathBuf>,
    /// Risk by merchant category code in the shape of mcc_risk.json [default: built in]
    #[arg(long, value_name = "FILE")]
    mcc_risk: Option<PathBuf>,
}

/// Options of `index info`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  fraudring index info official.index --json")]
pub struct InfoOptions {
    /// The index file
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs one subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Build(options) => build(options, &Reporter::stderr())?,
        Command::Info(options) => info(options)?,
        Command::Effort(options) => return effort::run(options),
    }
    Ok(Outcome::Done)
}

fn build(options: &BuildOptions, reporter: &Reporter) -> Result<()> {
    let (kernel, rules) = (command_line::kernel()?, rules(options)?);
    let references = options.references.load(reporter)?;
    let image = scoring::build(&references.vectors, &references.labels, &rules, &|phase, done, total| {
        reporter.report(phase, done, total);
    })
    .context("building the index")?;
    drop(references);
    let index = Index::open_with(&image, kernel).context("checking the index that was built")?;
    let equal_points = EqualPoints::of(&index)?;
    write_whole(&options.out, |out| Ok(out.write_all(&image)?))?;
    if options.out != Path::new("-") {
        let megabytes = image.len() as f64 / 1e6;
        reporter.note(&format!("{megabytes:.1} MB in {}", options.out.display()));
    }
    equal_points.warn(reporter);
    Ok(())
}

fn rules(options: &BuildOptions) -> Result<Rules> {
    let defaults = Rules::default();
    let normalization = match &options.normalization {
        Some(path) => json_file(path, "normalization constants")?,
        None => defaults.normalization,
    };
    let mcc_risk = match &options.mcc_risk {
        Some(path) => json_file(path, "a risk table")?,
        None => defaults.mcc_risk,
    };
    let named = options.normalization.as_deref().unwrap_or(Path::new("the built-in constants"));
    Rules::new(normalization, mcc_risk).with_context(|| format!("in {}", named.display()))
}

fn json_file<T: DeserializeOwned>(path: &Path, expected: &'static str) -> Result<T> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    usable(dataset::read_json(file, expected), path, "cannot be used")
}

/// What `info --json` prints.
#[derive(Serialize)]
struct Described {
    #[serde(flatten)]
    info: Info,
    equal_points: EqualPoints,
}

fn info(options: &InfoOptions) -> Result<()> {
    let generation = index_image::open(&options.file)?;
    let index = generation.index();
    let (info, equal_points) = (index.info(), EqualPoints::of(index)?);
    equal_points.warn(&Reporter::stderr());
    if options.json {
        return print_line(&serde_json::to_string_pretty(&Described { info, equal_points })?);
    }
    let mut text = String::new();
    writeln!(text, "format version   {}", info.version)?;
    writeln!(text, "checksum         {}", info.checksum)?;
    writeln!(text, "bytes            {} ({:.2} a vector)", thousands(info.bytes), info.bytes_per_vector)?;
    writeln!(
        text,
        "references       {} ({} legit, {} fraud)",
        thousands(u64::from(info.references)),
        thousands(u64::from(info.legit)),
        thousands(u64::from(info.fraud))
    )?;
    writeln!(text, "vector           {} dimensions, 1.0 stored as {}", info.dimensions, info.scale)?;
    writeln!(
        text,
        "blocks           {} of up to 16 vectors, {:.1} % full",
        thousands(u64::from(info.blocks)),
        100.0 * info.block_fill
    )?;
    writeln!(text, "leaves           {} of up to 16 blocks", thousands(info.leaves as u64))?;
    writeln!(text, "depth            {} nodes to a leaf", info.depth)?;
    writeln!(text, "sample           {} references in a tree of their own", thousands(u64::from(info.sample)))?;
    equal_points.describe(&mut text)?;
    writeln!(text, "kernel here      {}", info.kernel)?;
    writeln!(text, "sections")?;
    for section in &info.sections {
        let (bytes, offset) = (thousands(section.bytes), section.offset);
        writeln!(text, "  {:<20} {bytes:>13} bytes at {offset}", section.name)?;
    }
    print_line(text.trim_end())
}
