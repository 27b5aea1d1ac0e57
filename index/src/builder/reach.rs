//! For whom the tree is cut: queries like the references, each of which looks at all that is within its reach.
//!
//! A search opens whatever its ball touches. So a cut is good if few balls touch both sides, and what a node costs is how
//! many touch it. Any cuts give right answers; these give them with less to look at.

use rayon::prelude::*;
use space::{DIMENSIONS, Point};

use crate::Index;
use crate::format::Bounds;

/// All that is within some distance of a point.
#[derive(Clone, Copy)]
pub(super) struct Ball {
    pub center: [i16; DIMENSIONS],
    /// Squared radius.
    pub reach: u64,
}

/// Samples of fewer points say nothing of how the points of a piece lie.
pub(super) const POINTS_LEAST: usize = 1024;

/// One ball of so many is for queries far from all references.
const FAR_EVERY: usize = 32;
/// Their radius, in distances to the nearest other point of the sample.
const FAR: u64 = 12;

/// A ball around each of the sampled references, whose own index is `image`.
///
/// The nearest other point of the sample is about as far as what a search near the references still looks at, which does not
/// know the fifth of all from the start: this is the radius. With `FAR` 1 the searches of the final-like set would look at 17 %
/// more boxes of nodes and 11 % more leaves (`replay --stats`), those of `index effort`, many of them far from all references, at
/// 18 % and 27 % more, and at 9 % more blocks.
pub(super) fn balls(vectors: &[Point], image: &[u8]) -> Vec<Ball> {
    // Whichever kernel: all agree, so the same references give the same balls on every machine.
    let index = Index::open(image).expect("what was just built");
    let ball = |(number, query): (usize, &Point)| {
        let scale = if number.is_multiple_of(FAR_EVERY) { FAR } else { 1 };
        // The first neighbour is the point itself.
        Ball { center: *query.values(), reach: index.neighbours(query)[1].distance * scale * scale }
    };
    vectors.par_iter().enumerate().map(ball).collect()
}

impl Ball {
    /// Those of `balls` that touch a box.
    pub(super) fn touching(bounds: &Bounds, balls: &[Self]) -> Vec<Self> {
        let touches = |ball: &&Self| ball.outside(bounds).iter().sum::<u64>() <= ball.reach;
        balls.iter().filter(touches).copied().collect()
    }

    /// By dimension how far the center is outside a box, squared.
    pub(super) fn outside(&self, bounds: &Bounds) -> [u64; DIMENSIONS] {
        let (lower, upper) = (bounds.lower.as_flattened(), bounds.upper.as_flattened());
        std::array::from_fn(|dimension| outside(self.center[dimension], lower[dimension], upper[dimension]))
    }
}

/// How far a value is outside an interval, squared.
pub(super) fn outside(value: i16, lower: i16, upper: i16) -> u64 {
    let distance = (i32::from(lower) - i32::from(value)).max(i32::from(value) - i32::from(upper)).max(0);
    u64::from(distance.unsigned_abs()).pow(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::RuleSections;
    use space::Label;

    #[test]
    fn equal_references_have_balls_without_reach() {
        let vectors = vec![Point::new([7; DIMENSIONS]).unwrap(); POINTS_LEAST];
        let labels = vec![Label::Legit; POINTS_LEAST];
        let rules = RuleSections { normalization: &[0; 56], mcc_risk: &[] };
        let image = crate::build(&vectors, &labels, rules, &|_, _, _| ()).unwrap();
        let balls = balls(&vectors, &image);
        assert_eq!(balls.len(), POINTS_LEAST);
        assert!(balls.iter().all(|ball| ball.reach == 0));
    }
}
