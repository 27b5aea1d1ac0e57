//! `fraudring completions`: what a shell needs to complete this command's words.

use crate::console::exit::Outcome;
use crate::console::output;
use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// Options of `completions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fraudring completions bash > /etc/bash_completion.d/fraudring
  fraudring completions zsh > ~/.zfunc/_fraudring
  fraudring completions fish > ~/.config/fish/completions/fraudring.fish")]
pub struct Options {
    /// The shell that reads it
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for `command`.
pub fn run(options: &Options, mut command: Command) -> Result<Outcome> {
    let mut script = Vec::new();
    generate(options.shell, &mut command, "fraudring", &mut script);
    output::print_line(String::from_utf8(script)?.trim_end())?;
    Ok(Outcome::Done)
}
