//! For whom the tree is cut: queries like the references, each of which looks at all that is within its reach.
//!
//! A search opens whatever its ball touches. So a cut is good if few balls touch both sides, and what a node costs is how
//! many touch it. Any cuts give right answers; these give them with less to look at.

use rayon::prelude::*;
use transaction::{DIMENSIONS, Label, Query, Rules};

use super::BuildError;
use super::split::{Cut, Point};
use crate::Index;
use crate::kernel;

/// All that is within some distance of a point.
#[derive(Clone, Copy)]
pub(super) struct Ball {
    center: [i16; DIMENSIONS],
    /// Squared radius.
    reach: u64,
}

/// Samples of fewer points say nothing of how the points of a piece lie.
const POINTS_LEAST: usize = 1024;

/// One ball of so many is for queries far from all references.
const FAR_EVERY: usize = 32;
/// Their radius, in distances to the nearest other point of the sample.
const FAR: u64 = 12;

/// A ball around each of the sampled references; none if they are few.
///
/// The nearest other point of the sample is about as far as what a search near the references still looks at, which does not
/// know the fifth of all from the start: this is the radius. Without the few far balls, searches far from all references
/// would look at up to three times as many blocks, and those near them at 4 % more.
pub(super) fn balls(vectors: &[Query], labels: &[Label], rules: &Rules) -> Result<Vec<Ball>, BuildError> {
    if vectors.len() < POINTS_LEAST {
        return Ok(Vec::new());
    }
    let image = super::build(vectors, labels, rules, &|_, _, _| ())?;
    // Whichever kernel: all agree, so the same references give the same balls on every machine.
    let index = Index::open_with(&image, kernel::available()[0]).expect("what was just built");
    let ball = |(number, query): (usize, &Query)| {
        let scale = if number.is_multiple_of(FAR_EVERY) { FAR } else { 1 };
        // The first neighbour is the point itself.
        Ball { center: *query.values(), reach: index.neighbours(query)[1].distance * scale * scale }
    };
    Ok(vectors.par_iter().enumerate().map(ball).collect())
}

/// The box around some points.
pub(super) struct Extent {
    lower: [i16; DIMENSIONS],
    upper: [i16; DIMENSIONS],
}

impl Extent {
    pub(super) fn of(points: &[Point]) -> Self {
        let mut extent = Self { lower: [i16::MAX; DIMENSIONS], upper: [i16::MIN; DIMENSIONS] };
        for point in points {
            for dimension in 0..DIMENSIONS {
                extent.lower[dimension] = extent.lower[dimension].min(point.values[dimension]);
                extent.upper[dimension] = extent.upper[dimension].max(point.values[dimension]);
            }
        }
        extent
    }

    /// The balls that touch the box.
    pub(super) fn touched_by(&self, balls: &[Ball]) -> Vec<Ball> {
        let touches = |ball: &&Ball| self.outside(ball).iter().sum::<u64>() <= ball.reach;
        balls.iter().filter(touches).copied().collect()
    }

    /// By cut, how many of `balls`, which touch the box, touch what is left of it on each side.
    pub(super) fn touched_sides(&self, balls: &[Ball], cuts: &[Cut]) -> Vec<[usize; 2]> {
        let mut touched = vec![[0; 2]; cuts.len()];
        for ball in balls {
            let own = self.outside(ball);
            let room = ball.reach - own.iter().sum::<u64>();
            for (touched, cut) in touched.iter_mut().zip(cuts) {
                let (at, room) = (ball.center[cut.dimension], room + own[cut.dimension]);
                touched[0] += usize::from(outside(at, self.lower[cut.dimension], cut.below) <= room);
                touched[1] += usize::from(outside(at, cut.above, self.upper[cut.dimension]) <= room);
            }
        }
        touched
    }

    /// By dimension how far a ball's center is outside, squared.
    fn outside(&self, ball: &Ball) -> [u64; DIMENSIONS] {
        std::array::from_fn(|dimension| outside(ball.center[dimension], self.lower[dimension], self.upper[dimension]))
    }
}

/// How far a value is outside an interval, squared.
fn outside(value: i16, lower: i16, upper: i16) -> u64 {
    let distance = (i32::from(lower) - i32::from(value)).max(i32::from(value) - i32::from(upper)).max(0);
    u64::from(distance.unsigned_abs()).pow(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on a lattice, so that many distances and edges coincide.
    fn points(count: u32) -> Vec<Point> {
        let value =
            |number: u32, dimension: u32| ((number.wrapping_mul(2_654_435_761) >> (2 * dimension)) % 4 * 50) as i16;
        let values = |number| std::array::from_fn(|dimension| value(number, dimension as u32));
        (0..count).map(|number| Point { values: values(number), tag: number << 1 }).collect()
    }

    #[test]
    fn a_ball_touches_the_sides_whose_boxes_are_within_its_reach() {
        let points = points(200);
        let extent = Extent { lower: [0; DIMENSIONS], upper: [100; DIMENSIONS] };
        let ball = |reach| move |point: &Point| Ball { center: point.values, reach };
        let balls: Vec<_> =
            [0, 2_500, 5_000, 10_000].iter().flat_map(|reach| points.iter().map(ball(*reach))).collect();
        let touching = extent.touched_by(&balls);
        assert!((1..balls.len()).contains(&touching.len()), "some touch, some don't: {}", touching.len());
        for dimension in 0..DIMENSIONS {
            let touched = extent.touched_sides(&touching, &[Cut { dimension, below: 50, above: 100, left: 50 }]);
            let mut sides = [Extent { ..extent }, Extent { ..extent }];
            (sides[0].upper[dimension], sides[1].lower[dimension]) = (50, 100);
            assert_eq!(touched, [sides.map(|side| side.touched_by(&balls).len())], "dimension {dimension}");
        }
    }

    #[test]
    fn few_references_have_no_balls_and_equal_ones_have_balls_without_reach() {
        let build = |count| {
            balls(&vec![Query::new([7; DIMENSIONS]).unwrap(); count], &vec![Label::Legit; count], &Rules::default())
        };
        assert!(build(POINTS_LEAST - 1).unwrap().is_empty());
        let balls = build(POINTS_LEAST).unwrap();
        assert_eq!(balls.len(), POINTS_LEAST);
        assert!(balls.iter().all(|ball| ball.reach == 0));
    }
}
