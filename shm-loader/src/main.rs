//! The command `shm-loader`.

use clap::Parser;
use shm_loader::command::{self, Command};
use std::process::ExitCode;

/// Publishes an index in shared memory, shows who maps it, removes it
#[derive(Parser)]
#[command(name = "shm-loader", version = command_line::version(), after_long_help = command::EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    command::run(command_line::parse::<Arguments>().command)
}
