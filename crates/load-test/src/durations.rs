//! Durations of many requests as a histogram.

use hdrhistogram::{CreationError, Histogram};
use serde::Serialize;

/// Longer times count as this one.
const LONGEST_NS: u64 = 60_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;
const MILLISECOND_NS: f64 = 1e6;

/// Times in nanoseconds, to three digits, in memory that does not grow.
#[derive(Clone, Debug)]
pub struct Durations(Histogram<u64>);

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

/// Mean and quantiles in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Nanoseconds {
    /// Arithmetic mean, to one decimal.
    pub mean: f64,
    /// Half took at most this.
    pub p50: u64,
    /// 99 of 100.
    pub p99: u64,
    /// 999 of 1000.
    pub p999: u64,
}

impl Durations {
    /// No samples yet.
    ///
    /// # Errors
    /// None in practice: the histogram's bounds are constant.
    pub fn new() -> Result<Self, CreationError> {
        let mut histogram = Histogram::new_with_bounds(1, LONGEST_NS, SIGNIFICANT_DIGITS)?;
        histogram.auto(false);
        Ok(Self(histogram))
    }

    /// Adds one sample.
    pub fn record(&mut self, nanoseconds: u64) {
        self.0.saturating_record(nanoseconds);
    }

    /// In milliseconds, as load tests are read.
    pub fn quantiles(&self) -> Quantiles {
        if self.0.is_empty() {
            return Quantiles::default();
        }
        let milliseconds = |nanoseconds: u64| nanoseconds as f64 / MILLISECOND_NS;
        let at = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        Quantiles { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: milliseconds(self.0.max()) }
    }

    /// In nanoseconds, as single searches are read; `None` without samples.
    pub fn nanoseconds(&self) -> Option<Nanoseconds> {
        (!self.0.is_empty()).then(|| Nanoseconds {
            mean: (self.0.mean() * 10.0).round() / 10.0,
            p50: self.0.value_at_quantile(0.5),
            p99: self.0.value_at_quantile(0.99),
            p999: self.0.value_at_quantile(0.999),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds_to_three_digits() {
        let mut durations = Durations::new().unwrap();
        (1..=1000).for_each(|microseconds| durations.record(microseconds * 1000));
        let quantiles = durations.quantiles();
        for (found, exact) in [(quantiles.p50, 0.5), (quantiles.p90, 0.9), (quantiles.p99, 0.99), (quantiles.max, 1.0)]
        {
            assert!((found / exact - 1.0).abs() < 0.001, "{found} for {exact}");
        }
    }

    #[test]
    fn nanoseconds_have_a_mean_too() {
        let mut durations = Durations::new().unwrap();
        assert_eq!(durations.nanoseconds(), None);
        (1..=1000).for_each(|nanoseconds| durations.record(nanoseconds));
        let expected = Nanoseconds { mean: 500.5, p50: 500, p99: 990, p999: 999 };
        assert_eq!(durations.nanoseconds(), Some(expected));
    }

    #[test]
    fn times_beyond_the_limit_count_as_the_limit() {
        let mut durations = Durations::new().unwrap();
        durations.record(u64::MAX);
        durations.record(0);
        assert!((durations.quantiles().max / 60_000.0 - 1.0).abs() < 0.001);
        assert_eq!(Durations::new().unwrap().quantiles(), Quantiles::default());
    }
}
