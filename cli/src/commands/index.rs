//! `fraudring index`: build an index, describe it, measure it.

mod build;
mod effort;
mod equal_points;
mod info;
mod query;
mod row_effort;
mod rows;

pub use rows::{RowOptions, build as build_rows};

use crate::console::exit::Outcome;
use anyhow::Result;
use clap::Subcommand;

/// The subcommands of `fraudring index`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Build an index from references, or from rows of any table by a schema; same input, same bytes
    Build(build::Options),
    /// Check an index file and tell what is in it
    Info(info::Options),
    /// Find the nearest rows of vectors, in an index that was built by a schema
    Query(query::Options),
    /// Count what searches look at, over queries of many kinds, the worst included
    Effort(effort::Options),
}

/// Runs one subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Build(options) => build::run(options),
        Command::Info(options) => info::run(options),
        Command::Query(options) => query::run(options),
        Command::Effort(options) => effort::run(options),
    }
}
