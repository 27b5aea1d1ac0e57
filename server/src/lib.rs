//! Scores transactions over HTTP/1.1: one pinned thread, one ring, one shared index.
#![allow(missing_docs, clippy::todo)]
/// Options of the server, shared by the binary `server` and by `fraudring server`.
#[derive(clap::Args, Debug, Clone)]
pub struct Options {}
/// Serves until SIGTERM or SIGINT; the exit code tells why it ended.
pub fn run(options: Options) -> std::process::ExitCode {
    let _ = options;
    todo!()
}
