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

/// Orders `points` around the best cut; returns where the right side starts.
fn cut(points: &mut [Point]) -> usize {
    let length = points.len();
    if length > ALIGNED_UP_TO {
        if let Some((dimension, value)) = best_gap(points) {
            return partition(points, |point| point.values[dimension] < value);
        }
    }
    let mode = std::env::var("SMALL").map_or(0, |x| x.parse::<u32>().unwrap());
    let unit = if length > ALIGNED_UP_TO { 1 } else if length > 16 * LANES { 16 * LANES } else { LANES };
    let middle = (length / 2).next_multiple_of(unit);
    let dimension = if mode == 0 { widest(points) } else { best_half(points, middle) };
    let key = |point: &Point| (point.values[dimension], point.tag);
    points.select_nth_unstable_by_key(middle, key);
    middle
}

fn best_half(points: &mut [Point], middle: usize) -> usize {
    let n = points.len() as i128;
    let mut best = (-1i128, 0);
    for dimension in 0..DIMENSIONS {
        let first = points[0].values[dimension];
        if points.iter().all(|point| point.values[dimension] == first) { continue; }
        points.select_nth_unstable_by_key(middle, |point| (point.values[dimension], point.tag));
        let sum = |points: &[Point]| points.iter().map(|point| i128::from(point.values[dimension])).sum::<i128>();
        let left = sum(&points[..middle]);
        let all = left + sum(&points[middle..]);
        let between = (left * n - all * middle as i128).abs();
        if between > best.0 { best = (between, dimension); }
    }
    best.1
}

fn partition(points: &mut [Point], is_left: impl Fn(&Point) -> bool) -> usize {
    let mut at = 0;
    for place in 0..points.len() {
        if is_left(&points[place]) { points.swap(at, place); at += 1; }
    }
    at
}

fn best_gap(points: &[Point]) -> Option<(usize, i16)> {
    const BINS: usize = 512;
    let step = 40;
    let mut counts = [[0u32; BINS]; DIMENSIONS];
    let mut sums = [[0i64; BINS]; DIMENSIONS];
    for point in points {
        for dimension in 0..DIMENSIONS {
            let value = i32::from(point.values[dimension]);
            let bin = ((value + 10_000) / step) as usize;
            counts[dimension][bin] += 1;
            sums[dimension][bin] += i64::from(value);
        }
    }
    let n = points.len() as f64;
    let share: f64 = std::env::var("SHARE").map_or(8.0, |x| x.parse().unwrap());
    let mut best: Option<(f64, usize, i16)> = None;
    for dimension in 0..DIMENSIONS {
        let total: i64 = sums[dimension].iter().sum();
        let (mut count, mut sum) = (0u64, 0i64);
        for bin in 0..BINS - 1 {
            count += u64::from(counts[dimension][bin]);
            sum += sums[dimension][bin];
            let left = count as f64;
            if left < n / share || left > n - n / share || counts[dimension][bin] == 0 { continue; }
            let right = n - left;
            let between = sum as f64 * n - total as f64 * left;
            let gain = between * between / (left * right);
            if best.is_none_or(|best| gain > best.0) { best = Some((gain, dimension, ((bin as i32 + 1) * step - 10_000) as i16)); }
        }
    }
    best.map(|(_, dimension, value)| (dimension, value))
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
