//! Exit statuses of the commands, as `fraudring --help` lists them.

use std::process::ExitCode;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything asked for was done.
    Done,
    /// `replay` or `load-test` ran to its end and found a wrong or missing answer.
    WrongAnswers,
    /// `load-test` ran to its end and could not send as planned.
    NotValid,
    /// `load-test` was interrupted and printed what it had.
    Interrupted,
}

/// Prints an error with its causes and turns the outcome into the process's exit code.
pub fn code(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::WrongAnswers) => ExitCode::from(3),
        Ok(Outcome::NotValid) => ExitCode::from(4),
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        // `fraudring … | head` is no failure worth a message
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fraudring: {}", crate::advice::text(&error));
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
