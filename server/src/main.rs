//! The binary `server`: options in, exit code out.

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: server::Allocator = server::ALLOCATOR;

/// Scores card transactions over HTTP/1.1 by an index in shared memory
#[derive(Parser)]
#[command(name = "server", version = command_line::version())]
struct Command {
    #[command(flatten)]
    options: server::Options,
}

fn main() -> ExitCode {
    server::run(command_line::parse::<Command>().options)
}
