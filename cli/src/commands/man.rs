//! `fraudring man`: pages of the manual, one for each command.

use crate::console::exit::Outcome;
use crate::console::output;
use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_mangen::{Man, generate_to};
use std::path::{Path, PathBuf};

/// Options of `man`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fraudring man | man -l -
  fraudring man /usr/local/share/man/man1")]
pub struct Options {
    /// Folder to write a page for each command to, made if it is missing; `-` prints the page of `fraudring` alone
    #[arg(value_name = "DIR", default_value = "-")]
    out: PathBuf,
}

/// Writes the pages of `command` and everything below it.
pub fn run(options: &Options, command: Command) -> Result<Outcome> {
    let command = command.disable_help_subcommand(true);
    if options.out == Path::new("-") {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        output::print_line(String::from_utf8(page)?.trim_end())?;
        return Ok(Outcome::Done);
    }
    let failed = || format!("cannot write pages to {}", options.out.display());
    std::fs::create_dir_all(&options.out).with_context(failed)?;
    generate_to(command, &options.out).with_context(failed)?;
    Ok(Outcome::Done)
}
