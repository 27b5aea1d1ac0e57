//! An open-loop load test that measures its own lateness, and the contest's score.
//!
//! The life of a run, each step in a file of its name: a `plan` says what leaves when; `payloads` are made into `requests`
//! to a `target`; one thread (`run`) sends each at its time (`open_loop`, `closed_loop` or `sequential`, woken by `clock`)
//! over keep-alive `connections`, whose `slot`s read the `response`s; the `recorder` compares each `answer` with the
//! expected one and adds it to the `tally`; that is the run's `results`, from which the `report` tells what was found,
//! whether it can be believed and, by `score`, what it is worth.
//!
//! **Invariant**: nothing waits for an answer. A request that finds all connections busy is dropped and counted, never
//! queued, so that a slow target cannot make the test easier for itself.
//!
//! After the start nothing on the sending thread allocates, except for new connections and the first faults' texts.
//!
//! ```
//! use load_test::{Plan, Target};
//!
//! // from 1 to 900 requests/s in two minutes
//! let plan: Plan = "ramp:1,900,120".parse()?;
//! assert_eq!(plan.count(), Some(54_060));
//! let target: Target = "http://127.0.0.1:9999".parse()?;
//! assert_eq!(target.to_string(), "http://127.0.0.1:9999");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod answer;
mod client;
mod clock;
mod closed_loop;
mod command;
mod connections;
mod contest_results;
#[cfg(test)]
mod documented;
mod durations;
mod errors;
mod event_queue;
mod fault_log;
mod live;
mod machine;
mod open_loop;
mod options;
mod pairs;
mod payloads;
mod plan;
mod preview;
mod recorder;
mod report;
mod requests;
mod response;
mod results;
mod run;
mod score;
mod sequential;
mod slot;
mod socket;
mod tally;
mod target;
mod test;
mod text;
mod verdicts;

pub use answer::Answer;
pub use client::{Question, WholeAnswer, ask, get_status};
pub use command::{Outcome, run, wrong_answers_hint};
pub use contest_results::ContestResults;
pub use durations::{Durations, Nanoseconds, Quantiles};
pub use errors::Errors;
pub use fault_log::FaultLog;
pub use live::LiveCounts;
pub use machine::Machine;
pub use options::{ConnectionRange, Options, PayloadSource};
pub use pairs::{Pairs, Ratio};
pub use payloads::{Entries, Expected, Payloads, RowEntry};
pub use plan::{IntendedTimes, MAX_CONNECTIONS, MAX_RATE, MAX_REQUESTS, MAX_SECONDS, Plan, PlanError, Schedule};
pub use preview::Preview;
pub use report::LoadReport;
pub use results::{ConnectionCounts, Ending, Finish, Rates, Results};
pub use run::RunError;
pub use score::Score;
pub use tally::Tally;
pub use target::{Endpoint, ReachError, Target, TargetError};
pub use test::Test;
pub use verdicts::{Confusion, Verdicts};
