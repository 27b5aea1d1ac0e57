//! `fraudring dataset`: reference vectors and labelled test payloads as files.

mod arguments;
mod payloads;
mod references;

use crate::console::exit::Outcome;
use crate::console::progress::Reporter;
use anyhow::Result;
use clap::Subcommand;

/// The subcommands of `fraudring dataset`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Generate labelled reference vectors (by default the official 3,000,000, checked by SHA-256)
    References(references::Options),
    /// Generate test payloads, each labelled by brute force (by default preview 1)
    Payloads(payloads::Options),
}

/// Runs one subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    match command {
        Command::References(options) => references::run(options, &reporter),
        Command::Payloads(options) => payloads::run(options, &reporter),
    }
}
