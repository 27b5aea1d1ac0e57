//! `fraudring schema`: schema files, which turn own data and own payloads into vectors.

mod check;
mod example;

use crate::console::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

/// The subcommands of `fraudring schema`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Check a schema file, and tell what it reads, makes and answers
    Check(check::Options),
    /// Print a schema file with comments, to begin with
    Example(example::Options),
}

/// Runs one subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Check(options) => check::run(options),
        Command::Example(options) => example::run(options),
    }
}
