//! `fraudring man`: pages of the manual, one for each command.

use crate::console::exit::Outcome;
use crate::console::output::{print_line, write_whole};
use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_mangen::Man;
use std::fmt::Write as _;
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
    // no kernel: pages are for all machines
    let mut command = command.disable_help_subcommand(true).version(env!("CARGO_PKG_VERSION"));
    command.build();
    if command_line::is_stream(&options.out) {
        print_line(page(&command)?.trim_end())?;
        return Ok(Outcome::Done);
    }
    let failed = || format!("cannot write pages to {}", options.out.display());
    std::fs::create_dir_all(&options.out).with_context(failed)?;
    write_pages(&command, &options.out).with_context(failed)?;
    Ok(Outcome::Done)
}

fn write_pages(command: &Command, folder: &Path) -> Result<()> {
    for subcommand in command.get_subcommands() {
        write_pages(subcommand, folder)?;
    }
    let (path, page) = (folder.join(format!("{}.1", name(command))), page(command)?);
    write_whole(&path, |out| Ok(out.write_all(page.as_bytes())?))
}

/// `fraudring-index-build`
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// What clap_mangen renders, but for its faults: a title whose source stands in the place of its date, and line breaks
/// beside empty lines.
fn page(command: &Command) -> Result<String> {
    let mut rendered = Vec::new();
    Man::new(command.clone()).render(&mut rendered)?;
    let rendered = String::from_utf8(rendered)?;
    let lines: Vec<&str> = rendered.lines().collect();
    let is_space = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_some_and(|line| line.is_empty());
    let mut page = String::with_capacity(rendered.len());
    for (at, line) in lines.iter().enumerate() {
        match *line {
            // without a date, which nobody would keep
            title if title.starts_with(".TH ") => {
                writeln!(
                    page,
                    r#".TH {} 1 "" "fraudring {}" "User commands""#,
                    name(command),
                    env!("CARGO_PKG_VERSION")
                )?;
            }
            ".br" if is_space(at.checked_sub(1)) || is_space(Some(at + 1)) => {}
            line => writeln!(page, "{line}")?,
        }
    }
    Ok(page)
}
