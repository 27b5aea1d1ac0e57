//! `fraudring dataset`: reference vectors and labelled test payloads as files.

use crate::cache::references_source::Source;
use crate::console::exit::Outcome;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use dataset::{Dates, PayloadRecipe, ReferenceRecipe};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The subcommands of `fraudring dataset`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Generate labelled reference vectors (by default the official 3,000,000, checked by SHA-256)
    References(ReferencesOptions),
    /// Generate test payloads, each labelled by brute force (by default preview 1)
    Payloads(PayloadsOptions),
}

/// Options of `dataset references`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  fraudring dataset references --out references.json.gz
  fraudring dataset references --count 100 --seed 7 --out - | head -c 400")]
pub struct ReferencesOptions {
    /// How many to draw
    #[arg(long, default_value_t = ReferenceRecipe::OFFICIAL.count, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    count: u64,
    /// Seed of the generator
    #[arg(long, default_value_t = ReferenceRecipe::OFFICIAL.seed)]
    seed: u64,
    /// Share of transactions drawn as fraud or borderline, 0 to 1
    #[arg(long, default_value_t = ReferenceRecipe::OFFICIAL.fraud_ratio, value_parser = share)]
    fraud_ratio: f64,
    /// File to write, compressed if it ends in .gz; `-` for stdout
    #[arg(long, value_name = "FILE[.gz]")]
    out: PathBuf,
}

/// Options of `dataset payloads`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  fraudring dataset payloads --out preview-1.json
  fraudring dataset payloads --seed 4141 --dates random --out preview-2.json
  fraudring dataset payloads --count 300 --references my-references.json --out -")]
pub struct PayloadsOptions {
    /// How many to draw
    #[arg(long, default_value_t = PayloadRecipe::PREVIEW_1.count, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    count: u64,
    /// Seed of the generator
    #[arg(long, default_value_t = PayloadRecipe::PREVIEW_1.seed)]
    seed: u64,
    /// Share of payloads drawn as fraud or borderline, 0 to 1
    #[arg(long, default_value_t = PayloadRecipe::PREVIEW_1.fraud_ratio, value_parser = share)]
    fraud_ratio: f64,
    /// Share of borderline cases among those, 0 to 1
    #[arg(long, default_value_t = PayloadRecipe::PREVIEW_1.borderline_share, value_parser = share)]
    borderline_share: f64,
    /// classic: March 2026, last transaction minutes ago; random: 2026 to 2030, up to ten years ago
    #[arg(long, value_enum, default_value_t = DatesArgument::Classic)]
    dates: DatesArgument,
    /// References that label the payloads, see `index build`
    #[arg(long, value_name = "FILE|official", default_value = "official")]
    references: Source,
    /// File to write; `-` for stdout
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DatesArgument {
    Classic,
    Random,
}

/// Runs one subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    match command {
        Command::References(options) => references(options, &reporter),
        Command::Payloads(options) => payloads(options, &reporter),
    }
}

fn references(options: &ReferencesOptions, reporter: &Reporter) -> Result<Outcome> {
    let recipe = ReferenceRecipe { count: options.count, seed: options.seed, fraud_ratio: options.fraud_ratio };
    let references = if recipe == ReferenceRecipe::OFFICIAL {
        Source::Official.load(reporter)?
    } else {
        dataset::generate_references(&recipe, &|phase, done, total| reporter.report(phase, done, total))
    };
    write_whole(&options.out, |out| {
        let progress = |phase, done, total| reporter.report(phase, done, total);
        if is_gzip(&options.out) {
            let mut gzip = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            dataset::write_references(&references, &mut gzip, &progress)?;
            gzip.finish()?;
        } else {
            dataset::write_references(&references, out, &progress)?;
        }
        Ok(())
    })?;
    said_written(reporter, &options.out, &format!("{} references", thousands(recipe.count)));
    Ok(Outcome::Done)
}

fn payloads(options: &PayloadsOptions, reporter: &Reporter) -> Result<Outcome> {
    let recipe = PayloadRecipe {
        count: options.count,
        seed: options.seed,
        fraud_ratio: options.fraud_ratio,
        borderline_share: options.borderline_share,
        dates: match options.dates {
            DatesArgument::Classic => Dates::Classic,
            DatesArgument::Random => Dates::Random,
        },
    };
    let references = options.references.load(reporter)?;
    let payloads = dataset::generate_payloads(&recipe, &references, &|phase, done, total| {
        reporter.report(phase, done, total);
    });
    let sha256 = options.references.sha256(&references);
    write_whole(&options.out, |out: &mut dyn Write| Ok(dataset::write_payloads(&payloads, &sha256, out)?))?;
    said_written(reporter, &options.out, &format!("{} payloads", thousands(recipe.count)));
    Ok(Outcome::Done)
}

fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

fn said_written(reporter: &Reporter, path: &Path, what: &str) {
    if path != Path::new("-") {
        reporter.note(&format!("{what} in {}", path.display()));
    }
}

fn share(text: &str) -> Result<f64> {
    let value: f64 = text.parse().with_context(|| format!("{text:?} is no number"))?;
    if !(0.0..=1.0).contains(&value) {
        anyhow::bail!("{text} is outside 0 to 1");
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_outside_0_to_1_is_refused() {
        assert_eq!(share("0.35").unwrap(), 0.35);
        assert_eq!(share("1").unwrap(), 1.0);
        for text in ["-0.1", "1.01", "NaN", "inf", "half", ""] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_ending_gz_means_compressed() {
        assert!(is_gzip(Path::new("references.json.gz")));
        assert!(is_gzip(Path::new("R.GZ")));
        assert!(!is_gzip(Path::new("references.json")));
        assert!(!is_gzip(Path::new("-")));
        assert!(!is_gzip(Path::new("gz")));
    }
}
