//! `fraudring dataset references`.

use super::arguments::{note_written, share};
use crate::cache::references_source::Source;
use crate::console::exit::Outcome;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::Result;
use dataset::ReferenceRecipe;
use std::path::{Path, PathBuf};

/// Options of `dataset references`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  fraudring dataset references --out references.json.gz
  fraudring dataset references --count 100 --seed 7 --out - | head -c 400")]
pub struct Options {
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

/// Generates and writes them.
pub fn run(options: &Options, reporter: &Reporter) -> Result<Outcome> {
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
    note_written(reporter, &options.out, &format!("{} references", thousands(recipe.count)));
    Ok(Outcome::Done)
}

fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ending_gz_means_compressed() {
        assert!(is_gzip(Path::new("references.json.gz")));
        assert!(is_gzip(Path::new("R.GZ")));
        assert!(!is_gzip(Path::new("references.json")));
        assert!(!is_gzip(Path::new("-")));
        assert!(!is_gzip(Path::new("gz")));
    }
}
