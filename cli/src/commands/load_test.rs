//! `fraudring load-test`: the load test, with built-in payloads from the data folder.

use crate::cache::data::{DataFolder, DataOption, read_payloads};
use crate::console::exit::Outcome;
use crate::console::interrupt;
use crate::console::progress::Reporter;
use anyhow::Result;
use load_test::PayloadSource;

/// Options of `load-test`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    test: load_test::Options,
    #[command(flatten)]
    data: DataOption,
}

/// Runs the test and prints its result on stdout.
pub fn run(options: &Options) -> Result<Outcome> {
    let outcome = load_test::run(&options.test, command_line::version(), |source| match source {
        PayloadSource::File(path) => read_payloads(path),
        PayloadSource::Preview { preview, least } => {
            let folder = DataFolder::open(&options.data)?;
            let entries = folder.payloads_at_least(preview, least, &Reporter::stderr())?;
            // no file is unfinished any more, and a signal is to end the run and not the process
            interrupt::take_over();
            Ok(entries)
        }
    })?;
    Ok(match outcome {
        load_test::Outcome::AllRight => Outcome::Done,
        load_test::Outcome::WrongAnswers => Outcome::WrongAnswers,
        load_test::Outcome::NotValid => Outcome::NotValid,
        load_test::Outcome::Interrupted(signal) => Outcome::Interrupted(signal),
    })
}
