//! `fraudring dataset payloads`.

use super::arguments::{note_written, share};
use crate::cache::references_source::Source;
use crate::console::exit::Outcome;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::Result;
use clap::ValueEnum;
use dataset::{Dates, PayloadRecipe};
use std::io::Write;
use std::path::PathBuf;

/// Options of `dataset payloads`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  fraudring dataset payloads --out preview-1.json
  fraudring dataset payloads --seed 4141 --dates random --out preview-2.json
  fraudring dataset payloads --count 300 --references my-references.json --out -")]
pub struct Options {
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

/// Draws, labels and writes them.
pub fn run(options: &Options, reporter: &Reporter) -> Result<Outcome> {
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
    note_written(reporter, &options.out, &format!("{} payloads", thousands(recipe.count)));
    Ok(Outcome::Done)
}
