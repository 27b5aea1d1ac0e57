//! Recursive median cuts.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use transaction::{DIMENSIONS, Label, Query};

use crate::Progress;
use crate::format::LANES;

/// A reference while it is moved around: 32 bytes, so that two share a cache line.
///
/// The tag is `reference << 1 | label`: it orders as the references do.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub values: [i16; DIMENSIONS],
    pub tag: u32,
}

const _: () = assert!(size_of::<Point>() == 32);

/// A piece of space: a block, or two pieces.
pub(super) enum Piece {
    /// At most 16 points, by their range in the ordered points.
    Block(Range<usize>),
    /// Both sides of a cut, the blocks in them, and the leaves these become.
    Cut { sides: Box<[Piece; 2]>, blocks: usize, leaves: usize },
}

impl Piece {
    /// Blocks in the piece.
    pub(super) fn blocks(&self) -> usize {
        match self {
            Self::Block(_) => 1,
            Self::Cut { blocks, .. } => *blocks,
        }
    }

    /// Leaves that the piece becomes: each as much of it as 16 blocks allow.
    pub(super) fn leaves(&self) -> usize {
        match self {
            Self::Block(_) => 1,
            Self::Cut { leaves, .. } => *leaves,
        }
    }

    fn cut(sides: [Self; 2]) -> Self {
        let blocks = sides[0].blocks() + sides[1].blocks();
        let leaves = if blocks <= LANES { 1 } else { sides[0].leaves() + sides[1].leaves() };
        Self::Cut { sides: Box::new(sides), blocks, leaves }
    }
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
        tag: (reference as u32) << 1 | *label as u32,
    };
    vectors.iter().zip(labels).enumerate().map(point).collect()
}

/// Orders the points so that each block is a range, and returns the cuts. Ranges count from `offset`.
pub(super) fn split(points: &mut [Point], offset: usize, phase: &'static str, progress: &Progress<'_>) -> Piece {
    let total = points.len() as u64;
    progress(phase, 0, total);
    let splitter = Splitter { progress, phase, total, done: AtomicU64::new(0) };
    let whole = splitter.split(points, offset);
    progress(phase, total, total);
    whole
}

struct Splitter<'a> {
    progress: &'a Progress<'a>,
    phase: &'static str,
    total: u64,
    done: AtomicU64,
}

impl Splitter<'_> {
    /// `points` start at `offset` of all points.
    fn split(&self, points: &mut [Point], offset: usize) -> Piece {
        if points.len() <= LANES {
            // Equal distances go to the lower reference; in order they are also the same bytes for the same points.
            points.sort_unstable_by_key(|point| point.tag);
            self.report(points.len() as u64);
            return Piece::Block(offset..offset + points.len());
        }
        let cut = cut(points);
        let (left, right) = points.split_at_mut(cut);
        let sides: [Piece; 2] = if left.len() + right.len() >= PARALLEL_FROM {
            rayon::join(|| self.split(left, offset), || self.split(right, offset + cut)).into()
        } else {
            [self.split(left, offset), self.split(right, offset + cut)]
        };
        Piece::cut(sides)
    }

    fn report(&self, points: u64) {
        let step = (self.total / 50).max(1);
        let before = self.done.fetch_add(points, Ordering::Relaxed);
        let after = before + points;
        if before / step != after / step && after < self.total {
            (self.progress)(self.phase, after, self.total);
        }
    }
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
