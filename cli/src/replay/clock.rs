//! Durations of many short steps, as a histogram with three significant digits.

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Longer durations count as this one.
const LONGEST_NS: u64 = 60_000_000_000;

/// Samples taken to find what reading the clock costs.
const CLOCK_SAMPLES: u32 = 100_000;

/// A histogram of durations in nanoseconds.
pub struct Durations {
    histogram: Histogram<u64>,
}

/// Mean and quantiles in nanoseconds; each sample includes one reading of the clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary {
    /// Arithmetic mean.
    pub mean: f64,
    /// Median.
    pub p50: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// 999 of 1000 are at most this.
    pub p999: u64,
}

impl Durations {
    /// No samples yet.
    pub fn new() -> Result<Self> {
        let histogram = Histogram::new_with_bounds(1, LONGEST_NS, 3).context("making a histogram")?;
        Ok(Self { histogram })
    }

    /// Adds one sample.
    pub fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(LONGEST_NS);
        self.histogram.saturating_record(nanoseconds.max(1));
    }

    /// `None` without samples.
    pub fn summary(&self) -> Option<Summary> {
        (!self.histogram.is_empty()).then(|| Summary {
            mean: (self.histogram.mean() * 10.0).round() / 10.0,
            p50: self.histogram.value_at_quantile(0.5),
            p99: self.histogram.value_at_quantile(0.99),
            p999: self.histogram.value_at_quantile(0.999),
        })
    }
}

/// What one reading of the clock costs here and now, in nanoseconds.
pub fn clock_cost_ns() -> f64 {
    let start = Instant::now();
    let mut last = start;
    for _ in 0..CLOCK_SAMPLES {
        last = std::hint::black_box(Instant::now());
    }
    let mean = last.duration_since(start).as_nanos() as f64 / f64::from(CLOCK_SAMPLES);
    (mean * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_holds_mean_and_quantiles() {
        let mut durations = Durations::new().unwrap();
        assert!(durations.summary().is_none());
        for nanoseconds in 1..=1000 {
            durations.record(Duration::from_nanos(nanoseconds));
        }
        let summary = durations.summary().unwrap();
        assert_eq!((summary.mean, summary.p50, summary.p99, summary.p999), (500.5, 500, 990, 999));
    }

    #[test]
    fn a_sample_beyond_the_limit_counts_as_the_limit() {
        let mut durations = Durations::new().unwrap();
        durations.record(Duration::from_secs(3600));
        let p999 = durations.summary().unwrap().p999;
        assert!(p999.abs_diff(LONGEST_NS) <= LONGEST_NS / 1000, "{p999}");
    }
}
