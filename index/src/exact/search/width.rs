//! Which queries have only distances that fit 32 bits: nearly all, and for most a comparison with a box shows it.

use space::{DIMENSIONS, Point, SCALE};

use crate::exact::layout::{Bounds, DimensionOrder};
use crate::lanes::Paired;

/// Twice a distance and a label must fit 32 bits, and none may be [`Distance::UNBOUNDED`](crate::kernel::Distance).
const LIMIT: u64 = (u32::MAX / 2) as u64 - 1;

/// Recognizes the queries whose distances all fit 32 bits.
///
/// No distance of a query, to a point or to a box, is above the one to the farthest corner of the box around all points. A
/// query inside a box that holds that box is nowhere farther from a corner than two opposite corners are from each other.
#[derive(Clone, Copy)]
pub(super) struct Width {
    /// Around all points.
    bounds: Bounds,
    /// By dimension, a box around all points and all values from 0 to 1, if its diagonal fits; else one that holds nothing.
    lower: [i16; DIMENSIONS],
    upper: [i16; DIMENSIONS],
}

impl Width {
    pub(super) fn new(bounds: &Bounds, order: &DimensionOrder) -> Self {
        let lower = order.unpair(&bounds.lower).map(|value| value.min(0));
        let upper = order.unpair(&bounds.upper).map(|value| value.max(SCALE));
        let sides = lower.iter().zip(&upper).map(|(lower, upper)| u64::from(upper.abs_diff(*lower)));
        if sides.map(|side| side * side).sum::<u64>() < LIMIT {
            Self { bounds: *bounds, lower, upper }
        } else {
            Self { bounds: *bounds, lower: [i16::MAX; DIMENSIONS], upper: [i16::MIN; DIMENSIONS] }
        }
    }

    /// Whether all distances of a query fit. `paired` is the same query.
    #[inline(always)]
    pub(super) fn fits(&self, query: &Point, paired: &Paired) -> bool {
        self.holds(query) || self.reaches(paired)
    }

    /// Without a branch for each value, so that it is done in whole registers.
    #[inline(always)]
    fn holds(&self, query: &Point) -> bool {
        let values = query.values();
        (0..DIMENSIONS).fold(true, |holds, dimension| {
            let value = values[dimension];
            holds & (self.lower[dimension] <= value) & (value <= self.upper[dimension])
        })
    }

    #[cold]
    #[inline(never)]
    fn reaches(&self, query: &Paired) -> bool {
        self.bounds.farthest(query) < LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> DimensionOrder {
        DimensionOrder::new([13, 0, 5, 6, 1, 2, 12, 3, 4, 7, 8, 11, 9, 10]).unwrap()
    }

    fn around(points: &[[i16; DIMENSIONS]]) -> Width {
        let mut bounds = Bounds::EMPTY;
        points.iter().for_each(|point| bounds.include_point(&order().pair(point)));
        Width::new(&bounds, &order())
    }

    fn query(values: [i16; DIMENSIONS]) -> (Point, Paired) {
        (Point::new(values).unwrap(), order().pair(&values))
    }

    #[test]
    fn what_is_known_beforehand_is_what_the_farthest_corner_says() {
        // As official references are: only dimensions 5 and 6 have a value below 0.
        let mut sentinel = [0; DIMENSIONS];
        sentinel[5..7].fill(-SCALE);
        let width = around(&[sentinel, [SCALE; DIMENSIONS]]);
        for inside in [sentinel, [0; DIMENSIONS], [SCALE; DIMENSIONS], [SCALE / 2; DIMENSIONS]] {
            let (query, paired) = query(inside);
            assert!(width.holds(&query) && width.reaches(&paired), "{inside:?}");
        }
        for dimension in 0..DIMENSIONS {
            let mut outside = [0; DIMENSIONS];
            outside[dimension] = -SCALE;
            let (query, paired) = query(outside);
            assert_eq!(width.holds(&query), (5..7).contains(&dimension));
            assert!(width.fits(&query, &paired));
        }
        // To the far corner: 12 dimensions of 20,000 and two of 10,000.
        let (query, paired) = query([-SCALE; DIMENSIONS]);
        assert!(!width.fits(&query, &paired));
    }

    #[test]
    fn points_too_far_apart_leave_every_query_to_the_farthest_corner() {
        let width = around(&[[-SCALE; DIMENSIONS], [SCALE; DIMENSIONS]]);
        let (middle, paired) = query([0; DIMENSIONS]);
        assert!(!width.holds(&middle) && width.fits(&middle, &paired));
        let (corner, paired) = query([SCALE; DIMENSIONS]);
        assert!(!width.fits(&corner, &paired));
    }
}
