//! `fraudring load-test`: the load test, with built-in payloads from the data folder, or with those of a table of one's own.

use crate::cache::data::{DataFolder, DataOption, read_payloads};
use crate::commands::own_data::OwnDataOptions;
use crate::commands::own_payloads::{OWN_PATH, own_payloads};
use crate::console::exit::Outcome;
use crate::console::interrupt;
use crate::console::progress::Reporter;
use anyhow::{Context, Result, ensure};
use load_test::{PayloadSource, Payloads};

/// Options of `load-test`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    test: load_test::Options,
    #[command(flatten)]
    own_data: OwnDataOptions,
}

/// Runs the test and prints its result on stdout.
pub fn run(options: &Options) -> Result<Outcome> {
    let Options { test, own_data } = options;
    let test = if own_data.is_given() {
        ensure!(test.payloads.is_none() && test.results.is_none(), "--schema goes without --payloads and --results");
        test.clone().with_default_path(OWN_PATH)
    } else {
        test.clone()
    };
    let outcome = load_test::run(&test, command_line::version(), |source| payloads(own_data, &test, source))?;
    Ok(match outcome {
        load_test::Outcome::AllRight => Outcome::Done,
        load_test::Outcome::WrongAnswers => Outcome::WrongAnswers,
        load_test::Outcome::NotValid => Outcome::NotValid,
        load_test::Outcome::Interrupted(signal) => Outcome::Interrupted(signal),
    })
}

/// Those of the schema and the table, if there are any, else those that the test names.
fn payloads(own_data: &OwnDataOptions, test: &load_test::Options, source: PayloadSource<'_>) -> Result<Payloads> {
    let reporter = Reporter::stderr();
    let folder = || DataFolder::open(&DataOption::of(own_data.folder()));
    if own_data.is_given() {
        let folder = folder()?;
        let rows = own_data.rows(&folder, &reporter)?.context("--schema FILE and --data FILE go together")?;
        let payloads = own_payloads(&rows, &folder, test.plan.count(), &reporter)?;
        interrupt::take_over();
        return Ok(payloads);
    }
    match source {
        PayloadSource::File(path) => Ok(Payloads::transactions(command_line::input_name(path), read_payloads(path)?)),
        PayloadSource::Preview { preview, least } => {
            let entries = folder()?.payloads_at_least(preview, least, &reporter)?;
            // no file is unfinished any more, and a signal is to end the run and not the process
            interrupt::take_over();
            Ok(Payloads::transactions(preview.name(), entries))
        }
    }
}
