//! The binary `balancer`: options in, exit code out.

use clap::Parser;
use std::process::ExitCode;

/// Hands the sockets of its clients to servers
#[derive(Parser)]
#[command(name = "balancer", version = command_line::version())]
struct Command {
    #[command(flatten)]
    options: balancer::Options,
}

fn main() -> ExitCode {
    balancer::run(&command_line::parse::<Command>().options)
}
