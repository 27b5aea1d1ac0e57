//! Times by fixed buckets.

use listener::Counter;
use std::time::Duration;

/// The buckets' upper bounds: 100, 150, 200, 300, 400, 600, ... ns, two for each doubling.
pub const BOUNDS: usize = 48;
/// Bounds are multiples of this.
const UNIT_NS: u64 = 50;

/// A histogram with one writer. The bounds are the same for all: [`Histogram::bounds_ns`].
#[derive(Debug)]
pub struct Histogram {
    /// By bucket; the last is above all bounds.
    counts: [Counter; BOUNDS + 1],
    sum_ns: Counter,
}

impl Histogram {
    /// Upper bounds of the buckets in nanoseconds, inclusive, rising: 100 ns to 1.26 s.
    pub fn bounds_ns() -> impl Iterator<Item = u64> {
        (0..BOUNDS as u32).map(|bucket| ((2 + u64::from(bucket & 1)) * UNIT_NS) << (bucket / 2))
    }

    /// Counts one time.
    #[inline]
    pub fn record(&self, time: Duration) {
        // A time of 584 years is cut off.
        let ns = time.as_nanos() as u64;
        self.counts[bucket(ns)].add(1);
        self.sum_ns.add(ns);
    }

    /// How many times there are by bucket, not added up; the last is above all bounds.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().map(Counter::get)
    }

    /// Sum of all times, in nanoseconds.
    pub fn sum_ns(&self) -> u64 {
        self.sum_ns.get()
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| Counter::default()), sum_ns: Counter::default() }
    }
}

/// The bucket of a time. Bounds have two binary digits, so that the first two of the time tell its place.
#[inline]
fn bucket(ns: u64) -> usize {
    let whole_units = ns.saturating_sub(1) / UNIT_NS;
    if whole_units < 2 {
        return 0;
    }
    let doublings = whole_units.ilog2() - 1;
    let bucket = 2 * doublings + (whole_units >> doublings & 1) as u32 + 1;
    (bucket as usize).min(BOUNDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_first_bucket_that_is_not_below_it() {
        let bounds: Vec<u64> = Histogram::bounds_ns().collect();
        assert_eq!((bounds[0], bounds[1], bounds[2], bounds[47]), (100, 150, 200, 1_258_291_200));
        assert!(bounds.is_sorted());
        let around = bounds.iter().flat_map(|bound| [bound - 1, *bound, bound + 1]);
        for ns in around.chain([0, 1, 49, 50, 51, u64::MAX]) {
            let expected = bounds.iter().position(|bound| ns <= *bound).unwrap_or(BOUNDS);
            assert_eq!(bucket(ns), expected, "{ns}");
        }
    }

    #[test]
    fn counts_and_sum_are_those_of_what_was_recorded() {
        let histogram = Histogram::default();
        for ns in [80, 100, 101, 2_000_000_000] {
            histogram.record(Duration::from_nanos(ns));
        }
        let counts: Vec<u64> = histogram.counts().collect();
        assert_eq!((counts[0], counts[1], counts[BOUNDS], counts.iter().sum::<u64>()), (2, 1, 1, 4));
        assert_eq!(histogram.sum_ns(), 2_000_000_281);
    }
}
