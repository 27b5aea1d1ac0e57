//! Recursive median cuts, and the tree of 16-wide nodes over the pieces.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use transaction::{DIMENSIONS, Label, Query};

use crate::Progress;
use crate::format::{Bounds, LANES, LabelBounds, tag, tag_label};

/// A reference while it is moved around: 32 bytes, so that two share a cache line.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub values: [i16; DIMENSIONS],
    pub tag: u32,
}

const _: () = assert!(size_of::<Point>() == 32);

/// A subtree that one lane of a node stands for.
pub(super) struct Unit {
    pub bounds: LabelBounds,
    pub content: Content,
}

pub(super) enum Content {
    /// At most 16 points, by their range in the ordered points.
    Block(Range<usize>),
    /// 2 to 16 units.
    Node(Vec<Unit>),
}

/// Below this many points one thread is faster than two.
const PARALLEL_FROM: usize = 1 << 13;
/// Up to here cuts fall on whole blocks, so that blocks are full; above, on value boundaries.
const ALIGNED_UP_TO: usize = 1024;
/// A cut leaves at least this share (1/8) on each side, which bounds the depth: log(2^31 / 2^10) / log(8/7) = 109.
const LEAST_SHARE: usize = 8;

/// The references as points, in their order.
pub(super) fn points(vectors: &[Query], labels: &[Label]) -> Vec<Point> {
    let point = |(reference, (query, label)): (usize, (&Query, &Label))| Point {
        values: *query.values(),
        tag: tag(reference as u32, *label),
    };
    vectors.iter().zip(labels).enumerate().map(point).collect()
}

/// Orders the points so that each block is a range, and returns the children of the root.
pub(super) fn split(points: &mut [Point], progress: &Progress<'_>) -> Vec<Unit> {
    let total = points.len() as u64;
    progress("split", 0, total);
    let splitter = Splitter { progress, total, done: AtomicU64::new(0) };
    let units = splitter.split(points, 0);
    progress("split", total, total);
    units
}

struct Splitter<'a> {
    progress: &'a Progress<'a>,
    total: u64,
    done: AtomicU64,
}

impl Splitter<'_> {
    /// At most 16 units that hold `points`, which start at `offset` of all points.
    fn split(&self, points: &mut [Point], offset: usize) -> Vec<Unit> {
        if points.len() <= LANES {
            return vec![self.block(points, offset)];
        }
        let cut = cut(points);
        let (left, right) = points.split_at_mut(cut);
        let (left, right) = if left.len() + right.len() >= PARALLEL_FROM {
            rayon::join(|| self.split(left, offset), || self.split(right, offset + cut))
        } else {
            (self.split(left, offset), self.split(right, offset + cut))
        };
        join(left, right)
    }

    fn block(&self, points: &mut [Point], offset: usize) -> Unit {
        // Equal distances go to the lower reference; in order they are also the same bytes for the same points.
        points.sort_unstable_by_key(|point| point.tag);
        let mut bounds = [Bounds::EMPTY; 2];
        points.iter().for_each(|point| bounds[tag_label(point.tag) as usize].include_point(&point.values));
        self.report(points.len() as u64);
        Unit { bounds, content: Content::Block(offset..offset + points.len()) }
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

/// The units of both sides if one node can hold them, else one node for each side.
fn join(mut left: Vec<Unit>, right: Vec<Unit>) -> Vec<Unit> {
    if left.len() + right.len() <= LANES {
        left.extend(right);
        return left;
    }
    vec![close(left), close(right)]
}

fn close(mut units: Vec<Unit>) -> Unit {
    if units.len() == 1 {
        return units.remove(0);
    }
    let mut bounds = [Bounds::EMPTY; 2];
    for unit in &units {
        bounds.iter_mut().zip(&unit.bounds).for_each(|(bounds, inside)| bounds.include(inside));
    }
    Unit { bounds, content: Content::Node(units) }
}

/// Orders `points` around a cut in the dimension of largest variance; returns where the right side starts.
fn cut(points: &mut [Point]) -> usize {
    let dimension = widest(points);
    let key = |point: &Point| (point.values[dimension], point.tag);
    let length = points.len();
    if length <= ALIGNED_UP_TO {
        let unit = if length > 16 * LANES { 16 * LANES } else { LANES };
        let middle = (length / 2).next_multiple_of(unit);
        // `middle` is inside: the length is above one unit, so half of it, rounded up to units, is below it.
        points.select_nth_unstable_by_key(middle, key);
        return middle;
    }
    let middle = length / 2;
    let (_, at_middle, _) = points.select_nth_unstable_by_key(middle, key);
    let value = at_middle.values[dimension];
    // Between equal values there is no gap for a box to use: move to the nearer end of the run.
    let below = points.iter().filter(|point| point.values[dimension] < value).count();
    let upto = below + points.iter().filter(|point| point.values[dimension] == value).count();
    let nearest = if middle - below <= upto - middle { below } else { upto };
    let cut = if (length / LEAST_SHARE..=length - length / LEAST_SHARE).contains(&nearest) { nearest } else { middle };
    if cut != middle {
        points.select_nth_unstable_by_key(cut, key);
    }
    cut
}

/// The dimension of largest variance, the first of equals. Integer sums: exact, so the same in every order.
fn widest(points: &[Point]) -> usize {
    let mut sums = [0i64; DIMENSIONS];
    let mut squares = [0i64; DIMENSIONS];
    for point in points {
        for dimension in 0..DIMENSIONS {
            let value = i32::from(point.values[dimension]);
            sums[dimension] += i64::from(value);
            squares[dimension] += i64::from(value * value);
        }
    }
    let spread = |dimension: usize| {
        points.len() as i128 * i128::from(squares[dimension])
            - i128::from(sums[dimension]) * i128::from(sums[dimension])
    };
    (0..DIMENSIONS).rev().max_by_key(|dimension| spread(*dimension)).unwrap_or(0)
}
