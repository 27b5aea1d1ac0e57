//! Counts and times of a run, as it goes.

use crate::durations::Durations;
use crate::errors::Errors;
use crate::verdicts::Verdicts;
use hdrhistogram::CreationError;

/// Everything that is counted and timed during a run.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Requests whose first byte was to leave, whether or not a connection could be made.
    pub sent: u64,
    /// Answers, compared with what was expected.
    pub verdicts: Verdicts,
    /// Requests without an answer that counts.
    pub errors: Errors,
    /// Requests not sent because every connection was busy.
    pub dropped: u64,
    /// From the intended time to the whole answer. Time-outs are in it, broken connections are not: a refused
    /// connection is no fast answer.
    pub latency: Durations,
    /// The same requests from their actual sending.
    pub service: Durations,
    /// From the intended time to the generator's turn to it.
    pub lateness: Durations,
}

impl Tally {
    /// Nothing yet.
    ///
    /// # Errors
    /// As of [`Durations::new`].
    pub fn new() -> Result<Self, CreationError> {
        Ok(Self {
            sent: 0,
            verdicts: Verdicts::default(),
            errors: Errors::default(),
            dropped: 0,
            latency: Durations::new()?,
            service: Durations::new()?,
            lateness: Durations::new()?,
        })
    }
}
