//! Exit statuses of the commands, as `fraudring --help` lists them.

use std::process::ExitCode;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything asked for was done.
    Done,
    /// `replay` or `load-test` ran to its end and found a wrong or missing answer.
    WrongAnswers,
    /// `doctor` found something that is needed and missing, or `schema check --json` a fault.
    Faulty,
    /// `load-test` ran to its end and could not send as planned.
    NotValid,
    /// `load-test` was interrupted by this signal and printed what it had.
    Interrupted(i32),
}

/// Prints an error with its causes and turns the outcome into the process's exit code.
pub fn code(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Faulty) => ExitCode::FAILURE,
        Ok(Outcome::WrongAnswers) => ExitCode::from(3),
        Ok(Outcome::NotValid) => ExitCode::from(4),
        Ok(Outcome::Interrupted(signal)) => ExitCode::from(crate::console::interrupt::status(signal)),
        // what it was writing was wanted no further
        Err(error) if error.is::<crate::console::output::ReaderLeft>() => ExitCode::SUCCESS,
        Err(error) => {
            command_line::message(&format!("fraudring: {}", crate::console::advice::text(&error)));
            ExitCode::FAILURE
        }
    }
}
