//! The command `load-test`: options in, results out.

use crate::machine::Machine;
use crate::options::Options;
use crate::pairs::Pairs;
use crate::payloads::{BuiltInSet, Payloads};
use crate::report::Report;
use crate::results::Results;
use crate::text::{PairsText, RunText};
use anyhow::{Context, Result};
use dataset::PayloadEntry;
use runtime::signals::FirstSignal;
use serde::Serialize;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// How a load test ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Valid, and every answer was right.
    AllRight,
    /// At least one answer was wrong or missing.
    WrongAnswers,
    /// The run is not to be believed.
    NotValid,
    /// This signal came, and the result is of a part of the plan.
    Interrupted(i32),
}

/// A result with where it was measured; the shape of `schema/result.schema.json`.
#[derive(Debug, Serialize)]
struct Document<'a> {
    machine: Machine,
    #[serde(flatten)]
    result: Measured<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Measured<'a> {
    Run(&'a Report),
    Pairs(&'a Pairs),
}

/// Runs and prints the result on stdout.
///
/// `built_in` makes at least so many payloads of a set; `program` is what `--version` prints. When it has,
/// SIGINT, SIGTERM and SIGHUP end the run and not the process; a second one ends the process.
pub fn run(
    options: &Options,
    program: &str,
    built_in: impl FnOnce(BuiltInSet, u64) -> Result<Vec<PayloadEntry>>,
) -> Result<Outcome> {
    let test = options.test();
    // what is wrong is said before payloads are made, which may take minutes
    test.check_core()?;
    let payloads = payloads(options, built_in)?;
    let interruption = FirstSignal::watch().context("cannot watch for signals")?;
    let machine = Machine::here(program);
    if let Some(against) = &options.against {
        let pairs =
            Pairs::run(&test, &options.target, against, options.pairs as usize, &payloads, interruption.flag())?;
        publish(options, machine, Measured::Pairs(&pairs), &PairsText(&pairs).to_string())?;
        let all_right = pairs.noise.iter().chain(&pairs.runs).all(Report::all_right);
        return Ok(outcome(pairs.complete, pairs.valid, all_right, &interruption));
    }
    let report = test.run(&options.target, &payloads, interruption.flag(), "load-test")?;
    if let Some(path) = &options.results {
        write_json(path, &Results::from(&report))?;
    }
    publish(options, machine, Measured::Run(&report), &RunText(&report).to_string())?;
    Ok(outcome(report.complete, report.valid, report.all_right(), &interruption))
}

fn outcome(is_complete: bool, is_valid: bool, all_right: bool, interruption: &FirstSignal) -> Outcome {
    match (is_complete, all_right, is_valid) {
        (false, _, _) => Outcome::Interrupted(interruption.number()),
        (true, false, _) => Outcome::WrongAnswers,
        (true, true, false) => Outcome::NotValid,
        (true, true, true) => Outcome::AllRight,
    }
}

fn payloads(
    options: &Options,
    built_in: impl FnOnce(BuiltInSet, u64) -> Result<Vec<PayloadEntry>>,
) -> Result<Payloads> {
    if let Some(path) = &options.payloads {
        return read_payloads(path);
    }
    let set = options.preview;
    let needed = options.plan.count().unwrap_or(set.recipe().count);
    let entries = built_in(set, needed)?;
    Ok(Payloads { name: set.name().to_owned(), entries })
}

fn read_payloads(path: &Path) -> Result<Payloads> {
    let name = path.display().to_string();
    let entries = if path == Path::new("-") {
        dataset::read_payloads(std::io::stdin().lock())
    } else {
        let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
        dataset::read_payloads(BufReader::with_capacity(1 << 20, file))
    };
    let entries = entries.with_context(|| format!("{name} holds no usable payloads"))?;
    anyhow::ensure!(!entries.is_empty(), "{name} holds no payloads");
    Ok(Payloads { name, entries })
}

fn publish(options: &Options, machine: Machine, result: Measured<'_>, text: &str) -> Result<()> {
    let is_doubtful = match &result {
        Measured::Run(report) => !report.valid,
        Measured::Pairs(pairs) => !pairs.valid,
    };
    let document = Document { machine, result };
    if let Some(path) = &options.record {
        write_json(path, &document)?;
    }
    if !options.json {
        return command_line::print(text).context("writing to stdout");
    }
    let json = serde_json::to_string_pretty(&document).context("making JSON")?;
    command_line::print(&format!("{json}\n")).context("writing to stdout")?;
    if is_doubtful {
        command_line::message("NOT VALID: see invalid_because");
    }
    Ok(())
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value).context("making JSON")?;
    text.push(b'\n');
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
