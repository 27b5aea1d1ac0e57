//! Orders the points so that blocks, and the blocks of each node, are near each other.
//!
//! The shape of the tree follows from the number of blocks ([`tree_links`](crate::knn::layout::tree_links)), so all that is chosen
//! here is which points go to which child: the region is split in two, in the dimension of largest variance, again and again, until
//! each part is a child's.

use std::sync::atomic::{AtomicU64, Ordering};

use space::{Progress, Rows};

use crate::knn::layout::{MAX_DIMENSIONS, children, share};
use crate::lanes::LANES;

/// Below this many points one thread is faster than two.
const PARALLEL_FROM: usize = 1 << 13;
/// The points of a region by which its variances are estimated, at most.
const SAMPLED: usize = 256;

/// Orders `points`, which are rows: a row's number is in the low half of a word, the high half is scratch space.
pub(super) fn partition(points: &mut [u64], rows: Rows<'_>, weights: &[f64], progress: &Progress<'_>) {
    let total = points.len() as u64;
    progress("split", 0, total);
    let partition = Partition { rows, weights, progress, total, done: AtomicU64::new(0) };
    let blocks = points.len().div_ceil(LANES);
    partition.node(points, blocks);
    progress("split", total, total);
}

struct Partition<'a> {
    rows: Rows<'a>,
    weights: &'a [f64],
    progress: &'a Progress<'a>,
    total: u64,
    done: AtomicU64,
}

impl Partition<'_> {
    /// Orders the points of a node above so many blocks.
    fn node(&self, points: &mut [u64], blocks: usize) {
        if blocks <= 1 {
            // Rows in order, so that the same points are the same bytes.
            points.sort_unstable_by_key(|point| *point as u32);
            self.report(points.len() as u64);
        } else if blocks <= LANES {
            self.split(points, &vec![1; blocks]);
        } else {
            let shares: Vec<_> = (0..children(blocks)).map(|child| share(blocks, child)).collect();
            self.split(points, &shares);
        }
    }

    /// Orders the points of children with so many blocks each.
    fn split(&self, points: &mut [u64], shares: &[usize]) {
        let [first, .., _] = shares else {
            return self.node(points, shares[0]);
        };
        debug_assert!(*first > 0);
        let (left, right) = shares.split_at(shares.len() / 2);
        let middle = left.iter().sum::<usize>() * LANES;
        let dimension = self.dimension_of_largest_variance(points);
        let (values, dimensions) = (self.rows.values(), self.rows.dimensions());
        for point in points.iter_mut() {
            let row = *point as u32;
            *point = u64::from(ascending(values[row as usize * dimensions + dimension])) << 32 | u64::from(row);
        }
        points.select_nth_unstable(middle);
        let (low, high) = points.split_at_mut(middle);
        if low.len() + high.len() >= PARALLEL_FROM {
            rayon::join(|| self.split(low, left), || self.split(high, right));
        } else {
            self.split(low, left);
            self.split(high, right);
        }
    }

    /// By a sample; the first of equals. Summed in the order of the points, so the same on every machine.
    fn dimension_of_largest_variance(&self, points: &[u64]) -> usize {
        let step = points.len().div_ceil(SAMPLED);
        let row = |point: &u64| self.rows.row(*point as u32 as usize);
        // Differences from one of the rows: of numbers that are all far from 0 nothing is lost.
        let (origin, mut sums) = (row(&points[0]), [[0.0; 2]; MAX_DIMENSIONS]);
        for row in points.iter().step_by(step).map(row) {
            for ((value, origin), [sum, squares]) in row.iter().zip(origin).zip(&mut sums) {
                let difference = f64::from(*value) - f64::from(*origin);
                *sum += difference;
                *squares += difference * difference;
            }
        }
        let count = points.len().div_ceil(step) as f64;
        let variance = |dimension: usize| {
            let [sum, squares] = sums[dimension];
            (squares - sum * sum / count) * self.weights[dimension]
        };
        let dimensions = 0..self.rows.dimensions();
        dimensions.rev().max_by(|a, b| variance(*a).total_cmp(&variance(*b))).unwrap_or(0)
    }

    fn report(&self, points: u64) {
        let step = (self.total / 50).max(1);
        let before = self.done.fetch_add(points, Ordering::Relaxed);
        let after = before + points;
        if before / step != after / step && after < self.total {
            (self.progress)("split", after, self.total);
        }
    }
}

/// A number's place among all numbers, as an integer. 0 and -0 are one.
fn ascending(value: f32) -> u32 {
    let bits = (value + 0.0).to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_in_the_order_of_the_numbers() {
        let numbers = [f32::MIN, -1.0, -1e-45, -0.0, 1e-45, 0.5, 1.0, f32::MAX];
        assert!(numbers.is_sorted_by(|a, b| ascending(*a) < ascending(*b)));
        assert_eq!(ascending(0.0), ascending(-0.0));
    }

    #[test]
    fn whatever_the_threads_the_order_is_the_same() {
        let values: Vec<f32> = (0..60_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32).collect();
        let rows = Rows::new(3, &values).unwrap();
        let order = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut points: Vec<u64> = (0..rows.len() as u64).collect();
            pool.install(|| partition(&mut points, rows, &[1.0; 3], &|_, _, _| {}));
            points.iter().map(|point| *point as u32).collect::<Vec<_>>()
        };
        let one = order(1);
        assert_eq!(one, order(2));
        let mut sorted = one.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20_000).collect::<Vec<_>>());
    }
}
