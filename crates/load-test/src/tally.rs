//! Counts and times of a run, as it goes.

use hdrhistogram::{CreationError, Histogram};
use serde::Serialize;

/// Longer times count as this one.
const LONGEST_NS: u64 = 60_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;
const MILLISECOND_NS: f64 = 1e6;

/// Right and wrong answers; positive means denied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    pub true_positives: u64,
    pub true_negatives: u64,
    pub false_positives: u64,
    pub false_negatives: u64,
}

impl Decisions {
    /// All answers.
    pub fn total(&self) -> u64 {
        self.true_positives + self.true_negatives + self.false_positives + self.false_negatives
    }

    /// Adds one.
    pub fn add(&mut self, expected_approved: bool, approved: bool) {
        let count = match (expected_approved, approved) {
            (false, false) => &mut self.true_positives,
            (true, true) => &mut self.true_negatives,
            (true, false) => &mut self.false_positives,
            (false, true) => &mut self.false_negatives,
        };
        *count += 1;
    }
}

/// Why a request has no answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A status other than 200.
    Status,
    /// No HTTP, or a body that decides nothing.
    Broken,
    /// No connection, or closed before the answer was whole.
    Connection,
    /// Nothing in time.
    TimedOut,
}

/// Requests without an answer that counts, by what went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// Another status than 200.
    pub status: u64,
    /// No HTTP, or a body that decides nothing.
    pub broken: u64,
    /// No connection, or closed before the answer was whole.
    pub connection: u64,
    /// Nothing in time.
    pub timed_out: u64,
}

impl Errors {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.status + self.broken + self.connection + self.timed_out
    }

    /// Adds one.
    pub fn add(&mut self, fault: Fault) {
        let count = match fault {
            Fault::Status => &mut self.status,
            Fault::Broken => &mut self.broken,
            Fault::Connection => &mut self.connection,
            Fault::TimedOut => &mut self.timed_out,
        };
        *count += 1;
    }
}

/// Times in nanoseconds, to three digits, in memory that does not grow.
#[derive(Clone, Debug)]
pub struct Times(Histogram<u64>);

/// Quantiles in milliseconds; all 0 if there was nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// Half took at most this.
    pub p50: f64,
    /// 90 of 100.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1000.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Times {
    pub fn new() -> Result<Self, CreationError> {
        let mut histogram = Histogram::new_with_bounds(1, LONGEST_NS, SIGNIFICANT_DIGITS)?;
        histogram.auto(false);
        Ok(Self(histogram))
    }

    pub fn record(&mut self, nanoseconds: u64) {
        self.0.saturating_record(nanoseconds);
    }

    pub fn quantiles(&self) -> Quantiles {
        if self.0.is_empty() {
            return Quantiles::default();
        }
        let milliseconds = |nanoseconds: u64| nanoseconds as f64 / MILLISECOND_NS;
        let at = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        Quantiles { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: milliseconds(self.0.max()) }
    }
}

/// Everything that is counted and timed during a run.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Requests whose first byte was to leave, whether or not a connection could be made.
    pub sent: u64,
    pub decisions: Decisions,
    /// Answers with the right decision and another score than expected.
    pub wrong_scores: u64,
    pub errors: Errors,
    /// Requests not sent because every connection was busy.
    pub dropped: u64,
    /// From the intended time to the whole answer. Time-outs are in it, broken connections are not: a refused
    /// connection is no fast answer.
    pub latency: Times,
    /// The same requests from their actual sending.
    pub service: Times,
    /// From the intended time to the generator's turn to it.
    pub lateness: Times,
}

impl Tally {
    pub fn new() -> Result<Self, CreationError> {
        Ok(Self {
            sent: 0,
            decisions: Decisions::default(),
            wrong_scores: 0,
            errors: Errors::default(),
            dropped: 0,
            latency: Times::new()?,
            service: Times::new()?,
            lateness: Times::new()?,
        })
    }

    /// Answers that are not right, errors left aside.
    pub fn wrong(&self) -> u64 {
        self.decisions.false_positives + self.decisions.false_negatives + self.wrong_scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positive_means_denied() {
        let mut decisions = Decisions::default();
        decisions.add(true, false);
        assert_eq!(decisions, Decisions { false_positives: 1, ..Decisions::default() });
        decisions.add(false, true);
        assert_eq!(decisions.false_negatives, 1);
        decisions.add(false, false);
        decisions.add(true, true);
        assert_eq!((decisions.true_positives, decisions.true_negatives, decisions.total()), (1, 1, 4));
    }

    #[test]
    fn quantiles_are_in_milliseconds_to_three_digits() {
        let mut times = Times::new().unwrap();
        (1..=1000).for_each(|microseconds| times.record(microseconds * 1000));
        let quantiles = times.quantiles();
        for (found, exact) in [(quantiles.p50, 0.5), (quantiles.p90, 0.9), (quantiles.p99, 0.99), (quantiles.max, 1.0)]
        {
            assert!((found / exact - 1.0).abs() < 0.001, "{found} for {exact}");
        }
    }

    #[test]
    fn times_beyond_the_limit_count_as_the_limit() {
        let mut times = Times::new().unwrap();
        times.record(u64::MAX);
        times.record(0);
        assert!((times.quantiles().max / 60_000.0 - 1.0).abs() < 0.001);
        assert_eq!(Times::new().unwrap().quantiles(), Quantiles::default());
    }
}
