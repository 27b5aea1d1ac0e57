//! Recursive cuts near the median, in the dimension that spares queries most.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use arrayvec::ArrayVec;
use transaction::{DIMENSIONS, Label, Query};

use super::reach::{Ball, Extent};
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
    /// Both sides of a cut, the blocks in them, and how often queries visit it, in any unit.
    Cut { sides: Box<[Piece; 2]>, blocks: usize, visits: f64 },
}

impl Piece {
    /// Blocks in the piece.
    pub(super) fn blocks(&self) -> usize {
        match self {
            Self::Block(_) => 1,
            Self::Cut { blocks, .. } => *blocks,
        }
    }
}

/// Below this many points one thread is faster than two.
const PARALLEL_FROM: usize = 1 << 13;
/// Up to here cuts fall on whole blocks, so that blocks are full; above, on value boundaries.
const ALIGNED_UP_TO: usize = 1024;
/// Cuts follow the balls in pieces of at most this share (1/8) of all points. Larger ones are cut in the dimension of largest
/// variance: balls that are small beside a piece seldom touch both sides, whatever the cut, and say little of those that
/// follow it.
const GUIDED_SHARE: usize = 8;
/// In pieces of up to so many points, half a leaf, the balls make no difference but to the time that a build takes.
const GUIDED_ABOVE: usize = 8 * LANES;
/// Fewer balls say nothing of a piece.
const GUIDES_LEAST: usize = 8;
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

/// Orders the points so that each block is a range, and returns the cuts, which spare `balls`. Ranges count from `offset`.
pub(super) fn split(
    points: &mut [Point],
    offset: usize,
    balls: &[Ball],
    phase: &'static str,
    progress: &Progress<'_>,
) -> Piece {
    let total = points.len() as u64;
    progress(phase, 0, total);
    let splitter = Splitter { progress, phase, total, done: AtomicU64::new(0) };
    let whole = splitter.split(points, offset, balls);
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
    fn split(&self, points: &mut [Point], offset: usize, balls: &[Ball]) -> Piece {
        if points.len() <= LANES {
            // Equal distances go to the lower reference; in order they are also the same bytes for the same points.
            points.sort_unstable_by_key(|point| point.tag);
            self.report(points.len() as u64);
            return Piece::Block(offset..offset + points.len());
        }
        let extent = Extent::of(points);
        let balls = extent.touched_by(balls);
        // Where there are no balls, a piece is visited as often as it has points.
        let visits = balls.len() as f64 + points.len() as f64 / self.total as f64;
        let guided = (GUIDED_ABOVE + 1..=self.total as usize / GUIDED_SHARE).contains(&points.len());
        let cut = if guided && balls.len() >= GUIDES_LEAST {
            sparing(points, &extent, &balls)
        } else {
            across_the_widest(points)
        };
        points.select_nth_unstable_by_key(cut.left, |point| (point.values[cut.dimension], point.tag));
        let (left, right) = points.split_at_mut(cut.left);
        let middle = offset + cut.left;
        let sides: [Piece; 2] = if left.len() + right.len() >= PARALLEL_FROM {
            rayon::join(|| self.split(left, offset, &balls), || self.split(right, middle, &balls)).into()
        } else {
            [self.split(left, offset, &balls), self.split(right, middle, &balls)]
        };
        Piece::Cut { blocks: sides[0].blocks() + sides[1].blocks(), sides: Box::new(sides), visits }
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

/// A cut across one dimension, with at least one point on each side.
pub(super) struct Cut {
    pub dimension: usize,
    /// The greatest value on the left.
    pub below: i16,
    /// The least value on the right: the same inside a run of equal values.
    pub above: i16,
    /// Points on the left.
    pub left: usize,
}

/// The cut in the dimension of largest variance that is nearest to the median.
fn across_the_widest(points: &[Point]) -> Cut {
    let middle = points.len() / 2;
    let cuts = near_the_median(points, widest(points), &mut Vec::new());
    cuts.into_iter().min_by_key(|cut| cut.left.abs_diff(middle)).expect("every dimension has a median")
}

/// The cut after which the balls have the fewest points before them: of all that touch a side, the points there.
fn sparing(points: &[Point], extent: &Extent, balls: &[Ball]) -> Cut {
    let mut values = Vec::with_capacity(points.len());
    let cuts: Vec<_> = (0..DIMENSIONS).flat_map(|dimension| near_the_median(points, dimension, &mut values)).collect();
    let touched = extent.touched_sides(balls, &cuts);
    let cost = |(cut, [left, right]): &(Cut, [usize; 2])| left * cut.left + right * (points.len() - cut.left);
    let (cut, _) = cuts.into_iter().zip(touched).min_by_key(cost).expect("every dimension has a median");
    cut
}

/// The one or two ways to cut a dimension near its median. `values` is room to work in.
fn near_the_median(points: &[Point], dimension: usize, values: &mut Vec<i16>) -> ArrayVec<Cut, 2> {
    let length = points.len();
    values.clear();
    values.extend(points.iter().map(|point| point.values[dimension]));
    let mut cuts = ArrayVec::new();
    if length <= ALIGNED_UP_TO {
        let unit = if length > 16 * LANES { 16 * LANES } else { LANES };
        // Inside: the length is above one unit, so half of it, rounded up to units, is below it.
        let left = (length / 2).next_multiple_of(unit);
        let (before, above, _) = values.select_nth_unstable(left);
        let below = before.iter().copied().fold(i16::MIN, i16::max);
        cuts.push(Cut { dimension, below, above: *above, left });
        return cuts;
    }
    let (_, median, _) = values.select_nth_unstable(length / 2);
    let median = *median;
    // Between equal values there is no gap for a box to use: both ends of the run will do.
    let start = values.iter().filter(|value| **value < median).count();
    let end = values.iter().filter(|value| **value <= median).count();
    let inside = length / LEAST_SHARE..=length - length / LEAST_SHARE;
    if inside.contains(&start) {
        let below = values.iter().copied().filter(|value| *value < median).fold(i16::MIN, i16::max);
        cuts.push(Cut { dimension, below, above: median, left: start });
    }
    if inside.contains(&end) {
        let above = values.iter().copied().filter(|value| *value > median).fold(i16::MAX, i16::min);
        cuts.push(Cut { dimension, below: median, above, left: end });
    }
    if cuts.is_empty() {
        cuts.push(Cut { dimension, below: median, above: median, left: length / 2 });
    }
    cuts
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
