//! `fraudring schema`: schema files, which turn own data and own payloads into vectors.

mod check;
mod example;
mod infer;

use crate::console::advice::Advise;
use crate::console::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;
use schema::SchemaFile;
use std::path::Path;

/// The subcommands of `fraudring schema`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Check a schema file, and tell what it reads, makes and answers
    Check(check::Options),
    /// Print a schema file with comments, to begin with
    Example(example::Options),
    /// Print a first schema file for a table: its columns with types, ranges and skew
    Infer(infer::Options),
}

/// Runs one subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Check(options) => check::run(options),
        Command::Example(options) => example::run(options),
        Command::Infer(options) => infer::run(options),
    }
}

/// Reads and checks a schema file; `-` is stdin.
///
/// # Errors
///
/// They name the file, and of a fault its line, column and key.
pub fn read_schema(path: &Path) -> Result<SchemaFile> {
    let name = if path == Path::new("-") { "stdin".into() } else { path.to_string_lossy() };
    SchemaFile::parse(&name, &check::read(path)?).advise(|| "every key is described in docs/SCHEMA.md".to_owned())
}
