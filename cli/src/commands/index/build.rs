//! `fraudring index build`: labelled references, or rows by a schema, to an index file.

use super::equal_points::EqualPoints;
use super::rows::{self, RowOptions};
use crate::cache::references_source::Source;
use crate::cache::usable_file::usable;
use crate::console::exit::Outcome;
use crate::console::output::write_whole;
use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use clap::Args;
use index::Index;
use schema::Rules;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Options of `index build`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  fraudring index build --references official --out official.index
  fraudring index build --references mine.json.gz --mcc-risk mcc_risk.json --out mine.index
  fraudring index build --schema loans.toml --data loans.csv --out loans.index
  fraudring index build --from loans.index --add new.csv --remove L-17,L-32 --out next.index")]
pub struct Options {
    /// References, JSON or JSON Lines, plain or compressed by gzip or zstd; or `official` for the generated official set
    #[arg(long, value_name = "FILE|official", required_unless_present_any = ["schema", "from"])]
    references: Option<Source>,
    #[command(flatten)]
    rows: RowOptions,
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

/// Builds the index and writes it.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = &Reporter::stderr();
    if options.rows.is_given() {
        rows::build(&options.rows, &options.out, reporter)?;
        return Ok(Outcome::Done);
    }
    let (kernel, rules) = (command_line::kernel()?, rules(options)?);
    let references = options.references.as_ref().context("--references FILE is missing")?.load(reporter)?;
    let image = scoring::build(&references.vectors, &references.labels, &rules, &|phase, done, total| {
        reporter.report(phase, done, total);
    })
    .context("building the index")?;
    drop(references);
    let index = Index::open_with(&image, kernel).context("checking the index that was built")?;
    let equal_points = EqualPoints::of(&index)?;
    write_whole(&options.out, |out| Ok(out.write_all(&image)?))?;
    if !command_line::is_stream(&options.out) {
        let megabytes = image.len() as f64 / 1e6;
        reporter.note(&format!("{megabytes:.1} MB in {}", options.out.display()));
    }
    equal_points.warn(reporter);
    Ok(Outcome::Done)
}

fn rules(options: &Options) -> Result<Rules> {
    let defaults = Rules::default();
    let normalization = match &options.normalization {
        Some(path) => json_file(path, "normalization constants")?,
        None => defaults.normalization,
    };
    let mcc_risk = match &options.mcc_risk {
        Some(path) => json_file(path, "a risk table")?,
        None => defaults.mcc_risk,
    };
    let named = options.normalization.as_deref().map_or("the built-in constants".to_owned(), command_line::input_name);
    Rules::new(normalization, mcc_risk).with_context(|| format!("in {named}"))
}

fn json_file<T: DeserializeOwned>(path: &Path, expected: &'static str) -> Result<T> {
    let file =
        command_line::open_input(path).with_context(|| format!("cannot open {}", command_line::input_name(path)))?;
    usable(dataset::read_json(file, expected), path, "cannot be used")
}
