//! What a run leaves behind, before anything is concluded from it.

use crate::fault_log::FaultLog;
use crate::tally::Tally;
use serde::Serialize;

/// Counts and times of a whole run, or of the part that was run.
#[derive(Clone, Debug)]
pub struct Results {
    /// What was counted and timed.
    pub tally: Tally,
    /// The first faults in words.
    pub faults: FaultLog,
    /// Requests under way when the run ended.
    pub unfinished: u64,
    /// How many connections were used.
    pub connections: ConnectionCounts,
    /// How the run ended, and when.
    pub finish: Finish,
    /// Of a closed loop only.
    pub rates: Option<Rates>,
}

/// How many connections were used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionCounts {
    /// At the end.
    pub open: usize,
    /// Ever opened: more, when some had to be opened again.
    pub opened: u64,
}

/// How a run ended, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finish {
    /// From the start to the last answer.
    pub seconds: f64,
    /// What ended it.
    pub ending: Ending,
}

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The plan was carried through.
    Complete,
    /// The user asked to stop.
    Interrupted,
    /// So many requests in a row had no answer that the target was taken for gone.
    TargetGone,
}

/// Answers per second, errors included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// Over the whole run: the rate held.
    pub held: f64,
    /// Of the slowest whole second; the rate held if the run was shorter than two.
    pub slowest_second: f64,
    /// Of the fastest whole second.
    pub fastest_second: f64,
}
