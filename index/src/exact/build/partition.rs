//! Recursive binary splits, down to blocks.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::labelled_point::{LabelledPoint, bounds};
use super::query_model::Ball;
use super::split_plane::{of_largest_variance, of_least_cost};
use crate::lanes::LANES;
use space::Progress;

/// A region of space: one block, or two regions.
pub(super) enum Region {
    /// At most 16 points, by their range in the ordered points.
    Block(Range<usize>),
    /// Both sides of a split plane, the blocks in them, and how often queries of the model visit the region, in any unit; only
    /// read of regions that are larger than a leaf.
    Split { sides: Box<[Region; 2]>, blocks: usize, visits: f64 },
}

impl Region {
    /// Blocks in the region.
    pub(super) fn blocks(&self) -> usize {
        match self {
            Self::Block(_) => 1,
            Self::Split { blocks, .. } => *blocks,
        }
    }
}

/// Below this many points one thread is faster than two.
const PARALLEL_FROM: usize = 1 << 13;
/// The query model chooses splits in regions of at most this share (1/8) of all points. Larger ones are split in the dimension
/// of largest variance: balls that are small beside a region seldom touch both sides, whatever the plane, and say little of
/// the splits that follow.
const GUIDED_SHARE: usize = 8;
/// In regions of up to so many points, half a leaf, the model is not asked: it would change what searches look at by 1 %, and
/// make a build half as long again.
const GUIDED_ABOVE: usize = 8 * LANES;
/// Fewer balls say nothing of a region.
const GUIDES_LEAST: usize = 8;

/// Orders the points so that each block is a range, and returns the splits, chosen for queries that look at `balls`. Ranges
/// count from `offset`.
pub(super) fn partition(
    points: &mut [LabelledPoint],
    offset: usize,
    balls: &[Ball],
    phase: &'static str,
    progress: &Progress<'_>,
) -> Region {
    let total = points.len() as u64;
    progress(phase, 0, total);
    let partitioner = Partitioner { progress, phase, total, done: AtomicU64::new(0) };
    let whole = partitioner.partition(points, offset, balls);
    progress(phase, total, total);
    whole
}

struct Partitioner<'a> {
    progress: &'a Progress<'a>,
    phase: &'static str,
    total: u64,
    done: AtomicU64,
}

impl Partitioner<'_> {
    /// `points` start at `offset` of all points.
    fn partition(&self, points: &mut [LabelledPoint], offset: usize, balls: &[Ball]) -> Region {
        if points.len() <= LANES {
            // Equal distances go to the lower reference; in order they are also the same bytes for the same points.
            points.sort_unstable_by_key(|point| point.tag);
            self.report(points.len() as u64);
            return Region::Block(offset..offset + points.len());
        }
        let bounds = bounds(points);
        let balls = if points.len() > GUIDED_ABOVE { Ball::touching(&bounds, balls) } else { Vec::new() };
        // Where there are no balls, visits are proportional to the points.
        let visits = balls.len() as f64 + points.len() as f64 / self.total as f64;
        let plane = if balls.len() >= GUIDES_LEAST && points.len() <= self.total as usize / GUIDED_SHARE {
            of_least_cost(points, &bounds, &balls)
        } else {
            of_largest_variance(points)
        };
        points.select_nth_unstable_by_key(plane.left, |point| (point.values[plane.dimension], point.tag));
        let (left, right) = points.split_at_mut(plane.left);
        let middle = offset + plane.left;
        let sides: [Region; 2] = if left.len() + right.len() >= PARALLEL_FROM {
            rayon::join(|| self.partition(left, offset, &balls), || self.partition(right, middle, &balls)).into()
        } else {
            [self.partition(left, offset, &balls), self.partition(right, middle, &balls)]
        };
        Region::Split { blocks: sides[0].blocks() + sides[1].blocks(), sides: Box::new(sides), visits }
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
