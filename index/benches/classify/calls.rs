//! Times of single calls: their mean, and the tail that a mean hides.

use std::fmt::{self, Display};
use std::hint::black_box;
use std::time::Instant;

use index::Index;
use space::Point;

use super::GROUP;
use super::memory::Eviction;

/// Calls that are timed after evictions, each of which takes far longer than a call.
const COLD_CALLS: usize = 2_048;
/// Readings taken to find what one costs.
const CLOCK_READINGS: u32 = 100_000;

/// Mean and 99th percentile, in nanoseconds; each call holds one reading of the clock.
pub struct Summary {
    mean: f64,
    p99: u64,
}

impl Summary {
    fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let mean = times.iter().sum::<u64>() as f64 / times.len() as f64;
        Self { mean, p99: times[(times.len() * 99).div_ceil(100) - 1] }
    }
}

impl Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.0}, {}", self.mean, self.p99)
    }
}

/// Every query once, after all of them ran once.
pub fn warm(index: &Index<'_>, queries: &[Point]) -> Summary {
    queries.iter().for_each(|query| _ = time(index, query));
    Summary::of(queries.iter().map(|query| time(index, query)).collect())
}

/// The first queries, the caches evicted before each group of them.
pub fn cold(index: &Index<'_>, queries: &[Point], eviction: &Eviction) -> Summary {
    let mut times = Vec::with_capacity(COLD_CALLS);
    for group in queries[..COLD_CALLS.min(queries.len())].chunks(GROUP) {
        eviction.run();
        times.extend(group.iter().map(|query| time(index, query)));
    }
    Summary::of(times)
}

fn time(index: &Index<'_>, query: &Point) -> u64 {
    let started = Instant::now();
    black_box(index.classify(black_box(query)));
    started.elapsed().as_nanos() as u64
}

/// What one reading of the clock costs here, in nanoseconds.
pub fn clock_cost() -> f64 {
    let started = Instant::now();
    let mut last = started;
    for _ in 0..CLOCK_READINGS {
        last = black_box(Instant::now());
    }
    last.duration_since(started).as_nanos() as f64 / f64::from(CLOCK_READINGS)
}
