//! The command `fraudring`: data, index, replay and the whole running system.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod cache;
mod commands;
mod console;

use clap::{CommandFactory, Parser, Subcommand};
use console::exit;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: server::Allocator = server::ALLOCATOR;

const EXAMPLES: &str = "\
Examples:
  fraudring up                                        the whole system on 127.0.0.1:9999
  fraudring up --port 8080 --front balancer           clients' sockets are handed to the servers, without haproxy
  fraudring replay --preview 1                        54,100 payloads through parse and search, in process
  fraudring replay --preview 2 --through http://127.0.0.1:9999
  fraudring load-test --plan preview --preview 2      the contest's test and score
  fraudring explain payload.json                      why one is approved or denied
  fraudring index build --references official --out official.index
  fraudring index effort                              what searches look at, in the worst cases too
  fraudring dataset references --out references.json.gz
  fraudring schema example > loans.toml
  fraudring data columns mine.csv                     types, ranges and gaps of a table of your own
  fraudring index build --schema loans.toml --data loans.csv --out loans.index
  fraudring evaluate loans.index                      how well rows tell each other's labels
  fraudring shm inspect

Exit status:
  0  done; for `up`: stopped on request
  1  it failed; the last lines on stderr say what is wrong and what to type; `doctor`: something needed is missing
  2  the command line is wrong
  3  `replay`, `load-test`: at least one answer was wrong or missing
  4  `load-test`: not valid, it could not send as planned
  129, 130, 143  ended by SIGHUP, Ctrl-C or SIGTERM before it was done
`server`, `bare-server`, `balancer` and `shm` have statuses of their own: see their --help.

When the reader of stdout leaves early (`| head`), the status stays the same and nothing is said; `up` goes on.
An environment variable that is set to nothing counts as not set.";

/// Scores card transactions: the 5 most similar of 3,000,000 labelled references decide.
#[derive(Parser)]
#[command(name = "fraudring", version = command_line::version(), after_help = EXAMPLES, after_long_help = EXAMPLES)]
#[command(propagate_version = false, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole system: index, shared memory, two servers, load balancer
    Up(commands::up::Options),
    /// Send known payloads through the engine, or through a running service, and check every answer
    Replay(commands::replay::Options),
    /// Send payloads at planned times, check every answer, and score speed and decisions as the contest does
    LoadTest(Box<commands::load_test::Options>),
    /// Explain decisions: the five nearest references, and where they differ from the payload
    Explain(commands::explain::Options),
    /// Build an index, describe it, measure it
    #[command(subcommand)]
    Index(commands::index::Command),
    /// Look up every row of an index of your own among the others, and count how often their labels tell its own
    Evaluate(commands::evaluate::Options),
    /// Look at a table of your own: its first rows, what its columns hold
    #[command(subcommand)]
    Data(commands::data::Command),
    /// Generate reference vectors and labelled test payloads
    #[command(subcommand)]
    Dataset(commands::dataset::Command),
    /// Check schema files, which turn own data and own payloads into vectors; print one to begin with
    #[command(subcommand)]
    Schema(commands::schema::Command),
    /// Load an index into shared memory, inspect it, remove it
    #[command(subcommand)]
    Shm(shm_loader::command::Command),
    /// Run one server on an index in shared memory (`up` starts two of them)
    Server(server::Options),
    /// Run a server that answers the same to every request: the floor to compare with
    BareServer(server::BaselineOptions),
    /// Accept clients and hand their sockets to servers, so that nothing of a request passes through
    Balancer(balancer::Options),
    /// Look whether this machine has what is needed, and say what to do where it has not
    Doctor(commands::doctor::Options),
    /// Print a script that completes this command's words in a shell
    Completions(commands::completions::Options),
    /// Write pages of the manual
    Man(commands::man::Options),
}

/// Commands that serve, and are small.
const SERVING: [&str; 3] = ["server", "bare-server", "balancer"];

/// The allocator asks for huge pages, of which four make up most of what a serving process takes. Whoever does not want them
/// has to say so before anything is allocated: by the first word of the command line.
fn stay_small() {
    if std::env::args_os().nth(1).is_some_and(|word| SERVING.iter().any(|serving| word == *serving)) {
        // Kernels without the call have no huge pages.
        let _ = rustix::thread::disable_transparent_huge_pages(true);
    }
}

fn main() -> ExitCode {
    stay_small();
    shm_loader::call_commands("fraudring shm");
    match command_line::parse::<Cli>().command {
        Command::Up(options) => exit::code(commands::up::run(&options)),
        Command::Replay(options) => exit::code(commands::replay::run(&options)),
        Command::LoadTest(options) => exit::code(commands::load_test::run(&options)),
        Command::Explain(options) => exit::code(commands::explain::run(&options)),
        Command::Evaluate(options) => exit::code(commands::evaluate::run(&options)),
        Command::Index(command) => exit::code(commands::index::run(&command)),
        Command::Data(command) => exit::code(commands::data::run(&command)),
        Command::Dataset(command) => exit::code(commands::dataset::run(&command)),
        Command::Schema(command) => exit::code(commands::schema::run(&command)),
        Command::Shm(command) => shm_loader::command::run(command),
        Command::Server(options) => server::run(options),
        Command::BareServer(options) => server::run_baseline(&options),
        Command::Balancer(options) => balancer::run(&options),
        Command::Doctor(options) => exit::code(commands::doctor::run(&options)),
        Command::Completions(options) => exit::code(commands::completions::run(&options, Cli::command())),
        Command::Man(options) => exit::code(commands::man::run(&options, Cli::command())),
    }
}

#[cfg(test)]
#[path = "../tests/it/named_files/table.rs"]
mod named_files_table;

#[cfg(test)]
mod tests {
    use super::named_files_table::NAMED_FILES;
    use super::*;
    use std::any::TypeId;
    use std::path::PathBuf;

    /// Every option and argument that names a file, as the table has them.
    fn named_files(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        for argument in command.get_arguments() {
            let values = argument.get_value_names().unwrap_or_default();
            if values.iter().any(|value| value.contains("FILE")) {
                let named = argument.get_long().map_or_else(|| argument.to_string(), |long| format!("--{long}"));
                found.push((path.to_owned(), named));
            } else if argument.get_value_parser().type_id() == TypeId::of::<PathBuf>() {
                assert!(
                    values.iter().any(|value| value == "DIR"),
                    "{path} {argument} is a path: to a file or a folder?"
                );
            }
        }
        for subcommand in command.get_subcommands() {
            named_files(subcommand, format!("{path} {}", subcommand.get_name()).trim_start(), found);
        }
    }

    #[test]
    fn the_table_of_named_files_is_complete() {
        let mut found = Vec::new();
        named_files(&Cli::command(), "", &mut found);
        found.sort();
        let row = |(command, argument, _): &(&str, &str, _)| ((*command).to_owned(), (*argument).to_owned());
        let mut table: Vec<(String, String)> = NAMED_FILES.iter().map(row).collect();
        table.sort();
        assert_eq!(found, table, "cli/tests/it/named_files/table.rs");
    }

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }
}
