//! `fraudring schema example`: a schema file to begin with.

use crate::console::exit::Outcome;
use crate::console::output;
use anyhow::Result;
use clap::Args;
use schema::SchemaFile;

/// Options of `schema example`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fraudring schema example > loans.toml
  fraudring schema example --contest | fraudring schema check -

`fraudring schema infer` makes one from a table of your own.")]
pub struct Options {
    /// The contest's schema, which is built in, instead of nine numbers with three labels
    #[arg(long)]
    contest: bool,
}

/// Prints it.
pub fn run(options: &Options) -> Result<Outcome> {
    let text = if options.contest { SchemaFile::contest_text() } else { SchemaFile::example_text() };
    output::print_line(text.trim_end())?;
    Ok(Outcome::Done)
}
