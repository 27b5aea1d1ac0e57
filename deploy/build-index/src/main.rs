//! Builds the index that the container image carries.
//!
//! A program of its own, because it knows neither server nor loader: a change of theirs leaves the image's index layer
//! as it is. `fraudring index build` gives the same bytes.

use anyhow::{Context, Result};
use clap::Parser;
use dataset::References;
use schema::Rules;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

/// Builds an index from references; same input, same bytes
#[derive(Parser)]
#[command(name = "build-index", version)]
struct Options {
    /// A references.json[.gz], or `official` for the generated official set
    #[arg(long, value_name = "FILE|official")]
    references: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let references = load(&options.references)?;
    let image = scoring::build(&references.vectors, &references.labels, &Rules::default(), &|_, _, _| {})
        .context("building the index")?;
    std::fs::write(&options.out, &image).with_context(|| format!("cannot write {}", options.out.display()))?;
    let (count, bytes, out) = (references.labels.len(), image.len(), options.out.display());
    // unlike `println!` it does not panic when nobody reads
    writeln!(io::stdout(), "{count} references, {bytes} bytes in {out}").unwrap_or_default();
    Ok(())
}

fn load(source: &Path) -> Result<References> {
    if source.as_os_str() == "official" {
        return dataset::official_references(&|_, _, _| {}).context("generating the official references");
    }
    let named = source.display();
    let file = File::open(source).with_context(|| {
        format!("cannot open {named}: give `official`, or a file in the folder `references` beside the Dockerfile")
    })?;
    let read = dataset::read_references(BufReader::with_capacity(1 << 20, file), &|_, _, _| {})
        .with_context(|| format!("{named} holds no usable references"))?;
    if read.rounded > 0 {
        let rounded = read.rounded;
        writeln!(io::stderr(), "warning: {rounded} values in {named} were no multiples of 0.0001 and were rounded")
            .unwrap_or_default();
    }
    Ok(read.references)
}
