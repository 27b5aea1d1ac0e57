//! The command `load-test`: options in, results out.

use crate::contest_results::ContestResults;
use crate::machine::Machine;
use crate::options::{Options, PayloadSource};
use crate::pairs::Pairs;
use crate::payloads::{Entries, Payloads};
use crate::report::LoadReport;
use crate::text::{PairsText, RunText};
use anyhow::{Context, Result};
use command_line::Interruption;
use serde::Serialize;
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
    Run(&'a LoadReport),
    Pairs(&'a Pairs),
}

/// Runs and prints the result on stdout, unless a file that is named `-` goes there.
///
/// `load` gets the payloads, at least one; `program` is what `--version` prints. When it has,
/// SIGINT, SIGTERM and SIGHUP end the run and not the process; a second one ends the process.
///
/// # Errors
/// The payloads cannot be had, a run fails, or a result cannot be written.
pub fn run(
    options: &Options,
    program: &str,
    load: impl FnOnce(PayloadSource<'_>) -> Result<Payloads>,
) -> Result<Outcome> {
    let test = options.test();
    // what is wrong is said before payloads are made, which may take minutes
    test.check_core()?;
    let stdout_is_a_file = options.stdout_is_a_file()?;
    let payloads = load(options.payload_source())?;
    let interruption = Interruption::watch().context("cannot watch for signals")?;
    let machine = Machine::here(program);
    if let Some(against) = &options.against {
        let pairs =
            Pairs::run(&test, &options.target, against, options.pairs as usize, &payloads, interruption.stop())?;
        publish(options, machine, Measured::Pairs(&pairs), stdout_is_a_file, &PairsText(&pairs).to_string())?;
        hint_at_labels(options, &payloads, pairs.noise.iter().chain(&pairs.runs).map(LoadReport::wrong_answers).sum());
        let all_right = pairs.noise.iter().chain(&pairs.runs).all(LoadReport::all_right);
        return Ok(outcome(pairs.complete, pairs.valid, all_right, &interruption));
    }
    let report = test.run(&options.target, &payloads, interruption.stop(), "load-test")?;
    if let Some(path) = &options.results {
        let results = ContestResults::of(&report).context("--results is of the contest's payloads only")?;
        write_json(path, &results)?;
    }
    publish(options, machine, Measured::Run(&report), stdout_is_a_file, &RunText(&report).to_string())?;
    hint_at_labels(options, &payloads, report.wrong_answers());
    Ok(outcome(report.complete, report.valid, report.all_right(), &interruption))
}

/// What to look at first where answers are wrong. `are_official`: the payloads are a built-in set.
pub fn wrong_answers_hint(payloads: &str, are_official: bool) -> String {
    let which = if are_official { ", the official ones" } else { "" };
    format!(
        "hint: wrong answers are to be expected if the index is not of the references that labelled {payloads}{which}\n  \
         label by those of the index: fraudring dataset payloads --references FILE --out FILE"
    )
}

fn hint_at_labels(options: &Options, payloads: &Payloads, wrong_answers: u64) {
    if wrong_answers == 0 {
        return;
    }
    command_line::message(&match payloads.entries {
        Entries::Transactions(_) => wrong_answers_hint(&payloads.name, options.payloads.is_none()),
        Entries::Rows(_) => format!(
            "hint: wrong answers are to be expected if what is served is not {}: the same schema and the same table",
            payloads.name
        ),
    });
}

fn outcome(is_complete: bool, is_valid: bool, all_right: bool, interruption: &Interruption) -> Outcome {
    match (is_complete, all_right, is_valid) {
        (false, _, _) => Outcome::Interrupted(interruption.signal()),
        (true, false, _) => Outcome::WrongAnswers,
        (true, true, false) => Outcome::NotValid,
        (true, true, true) => Outcome::AllRight,
    }
}

fn publish(
    options: &Options,
    machine: Machine,
    result: Measured<'_>,
    stdout_is_a_file: bool,
    text: &str,
) -> Result<()> {
    let is_doubtful = match &result {
        Measured::Run(report) => !report.valid,
        Measured::Pairs(pairs) => !pairs.valid,
    };
    let document = Document { machine, result };
    if let Some(path) = &options.record {
        write_json(path, &document)?;
    }
    if stdout_is_a_file {
        command_line::message(text.trim_end());
        return Ok(());
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
    let mut text = serde_json::to_string_pretty(value).context("making JSON")?;
    text.push('\n');
    if command_line::is_stream(path) {
        return command_line::print(&text).context("writing to stdout");
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
