//! The query model of the split heuristic: queries are distributed as the references are, and each opens all boxes that touch
//! a ball around it.
//!
//! So a split is good if few balls touch both of its sides, and the cost of a node is how many touch it. Answers are exact
//! with any splits; with these, searches look at less.

use rayon::prelude::*;
use space::{DIMENSIONS, Point};

use crate::Index;
use crate::exact::layout::Bounds;

/// All that one query of the model looks at.
#[derive(Clone, Copy)]
pub(super) struct Ball {
    pub center: [i16; DIMENSIONS],
    pub squared_radius: u64,
}

/// Samples of fewer points say nothing of how points are distributed.
pub(super) const POINTS_LEAST: usize = 1024;

/// One ball of so many is for queries far from all references.
const FAR_EVERY: usize = 32;
/// Their radius, in distances to the nearest other point of the sample.
const FAR: u64 = 12;

/// A ball around each of the sampled references, whose own index is `image`.
///
/// The radius is the distance to the nearest other point of the sample: about as far as a search near the references still
/// looks, as it does not know the distance of the fifth nearest from the start. With `FAR` 1 the searches of the final-like set would look at 17 %
/// more boxes of nodes and 11 % more leaves (`replay --stats`), those of `index effort`, many of them far from all references, at
/// 18 % and 27 % more, and at 9 % more blocks.
pub(super) fn balls(vectors: &[Point], image: &[u8]) -> Vec<Ball> {
    // All kernels agree, so the same references give the same balls on every machine.
    let index = Index::open(image).expect("what was just built");
    let ball = |(number, query): (usize, &Point)| {
        let scale = if number.is_multiple_of(FAR_EVERY) { FAR } else { 1 };
        // The first neighbour is the point itself.
        Ball { center: *query.values(), squared_radius: index.neighbours(query)[1].distance * scale * scale }
    };
    vectors.par_iter().enumerate().map(ball).collect()
}

impl Ball {
    /// Those of `balls` that touch a box.
    pub(super) fn touching(bounds: &Bounds, balls: &[Self]) -> Vec<Self> {
        let touches = |ball: &&Self| ball.squared_excesses(bounds).iter().sum::<u64>() <= ball.squared_radius;
        balls.iter().filter(touches).copied().collect()
    }

    /// By dimension how far the center is outside a box, squared.
    pub(super) fn squared_excesses(&self, bounds: &Bounds) -> [u64; DIMENSIONS] {
        let (lower, upper) = (bounds.lower.as_flattened(), bounds.upper.as_flattened());
        std::array::from_fn(|dimension| squared_excess(self.center[dimension], lower[dimension], upper[dimension]))
    }
}

/// How far a value is outside an interval, squared.
pub(super) fn squared_excess(value: i16, lower: i16, upper: i16) -> u64 {
    let distance = (i32::from(lower) - i32::from(value)).max(i32::from(value) - i32::from(upper)).max(0);
    u64::from(distance.unsigned_abs()).pow(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::RuleSections;
    use space::Label;

    #[test]
    fn equal_references_have_balls_without_radius() {
        let vectors = vec![Point::new([7; DIMENSIONS]).unwrap(); POINTS_LEAST];
        let labels = vec![Label::Legit; POINTS_LEAST];
        let rules = RuleSections { normalization: &[0; 56], mcc_risk: &[] };
        let image = crate::build(&vectors, &labels, rules, &|_, _, _| ()).unwrap();
        let balls = balls(&vectors, &image);
        assert_eq!(balls.len(), POINTS_LEAST);
        assert!(balls.iter().all(|ball| ball.squared_radius == 0));
    }
}
