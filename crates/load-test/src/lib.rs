//! An open-loop load test that measures its own lateness, and the contest's score.
//!
//! The life of a run: a `plan` says what leaves when, `payloads` are made into `requests` to a `target`; one thread
//! (`run`) sends each at its intended time (`open_loop`, woken by `clock`) over keep-alive `connections`, whose `slot`s
//! read the `answer`s; a `tally` counts and times; the `report` says what was found, whether it can be believed and, by
//! `score`, what it is worth.
//!
//! **Invariant**: nothing waits for an answer. A request that finds all connections busy is dropped and counted, never
//! queued, so that a slow target cannot make the test easier for itself.
//!
//! After the start nothing on the sending thread allocates, except for new connections and the first error's text.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod answer;
mod clock;
mod closed_loop;
mod command;
mod connections;
mod live;
mod machine;
mod open_loop;
mod options;
mod pairs;
mod payloads;
mod plan;
mod report;
mod results;
mod run;
mod score;
mod slot;
mod socket;
mod tally;
mod target;
mod test;
mod text;

pub use closed_loop::Rates;
pub use command::{Outcome, run};
pub use machine::Machine;
pub use options::{Connections, Options};
pub use pairs::{Pairs, Ratio};
pub use payloads::{BuiltInSet, Expected, Payloads};
pub use plan::{MAX_CONNECTIONS, MAX_RATE, MAX_REQUESTS, MAX_SECONDS, Plan, PlanError, Schedule, Times};
pub use report::{ConnectionCounts, Report};
pub use results::Results;
pub use run::RunError;
pub use score::Score;
pub use tally::{Errors, Quantiles};
pub use target::{ReachError, Target, TargetError};
pub use test::Test;
