//! Recursive cuts, down to blocks.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cut::{across_the_widest, sparing};
use super::points::{Entry, bounds};
use super::reach::Ball;
use crate::format::LANES;
use space::Progress;

/// A piece of space: a block, or two pieces.
pub(super) enum Piece {
    /// At most 16 points, by their range in the ordered points.
    Block(Range<usize>),
    /// Both sides of a cut, the blocks in them, and how often queries visit it, in any unit; that is said of pieces of more than
    /// one leaf.
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
/// Cuts follow the balls in pieces of at most this share (1/8) of all points. Larger ones are cut in the dimension of largest
/// variance: balls that are small beside a piece seldom touch both sides, whatever the cut, and say little of those that
/// follow it.
const GUIDED_SHARE: usize = 8;
/// In pieces of up to so many points, half a leaf, nobody looks for balls: they would change what searches look at by 1 %, and
/// a build would take half as long again.
const GUIDED_ABOVE: usize = 8 * LANES;
/// Fewer balls say nothing of a piece.
const GUIDES_LEAST: usize = 8;

/// Orders the points so that each block is a range, and returns the cuts, which spare `balls`. Ranges count from `offset`.
pub(super) fn split(
    points: &mut [Entry],
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
    fn split(&self, points: &mut [Entry], offset: usize, balls: &[Ball]) -> Piece {
        if points.len() <= LANES {
            // Equal distances go to the lower reference; in order they are also the same bytes for the same points.
            points.sort_unstable_by_key(|point| point.tag);
            self.report(points.len() as u64);
            return Piece::Block(offset..offset + points.len());
        }
        let bounds = bounds(points);
        let balls = if points.len() > GUIDED_ABOVE { Ball::touching(&bounds, balls) } else { Vec::new() };
        // Where there are no balls, a piece is visited as often as it has points.
        let visits = balls.len() as f64 + points.len() as f64 / self.total as f64;
        let cut = if balls.len() >= GUIDES_LEAST && points.len() <= self.total as usize / GUIDED_SHARE {
            sparing(points, &bounds, &balls)
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
