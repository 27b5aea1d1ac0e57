//! `fraudring data`: what a table of one's own holds, before anything is made of it.

mod columns;
mod first_rows;
mod grid;
mod table;

use crate::console::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

/// The subcommands of `fraudring data`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Print the first rows of a table
    Head(first_rows::Options),
    /// Read all of a table and print what its columns hold: types, ranges, how often nothing
    Columns(columns::Options),
}

/// Runs one subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Head(options) => first_rows::run(options),
        Command::Columns(options) => columns::run(options),
    }
}
