//! Where to cut a piece: near the median, in the dimension that spares queries most, or that is the widest.

use arrayvec::ArrayVec;
use space::DIMENSIONS;

use super::points::Entry;
use super::reach::{Ball, outside};
use crate::format::{Bounds, LANES};

/// Up to here cuts fall on whole blocks, so that blocks are full; above, on value boundaries.
const ALIGNED_UP_TO: usize = 1024;
/// A cut leaves at least this share (1/8) on each side, which bounds the depth: log(2^31 / 2^10) / log(8/7) = 109.
const LEAST_SHARE: usize = 8;

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
pub(super) fn across_the_widest(points: &[Entry]) -> Cut {
    let middle = points.len() / 2;
    let cuts = near_the_median(points, widest(points), &mut Vec::new());
    cuts.into_iter().min_by_key(|cut| cut.left.abs_diff(middle)).expect("every dimension has a median")
}

/// The cut after which the balls have the fewest points before them: of all that touch a side, the points there. All `balls`
/// touch `bounds`, the box around the points.
pub(super) fn sparing(points: &[Entry], bounds: &Bounds, balls: &[Ball]) -> Cut {
    let mut values = Vec::with_capacity(points.len());
    let cuts: Vec<_> = (0..DIMENSIONS).flat_map(|dimension| near_the_median(points, dimension, &mut values)).collect();
    let touched = touched_sides(bounds, balls, &cuts);
    let cost = |(cut, [left, right]): &(Cut, [usize; 2])| left * cut.left + right * (points.len() - cut.left);
    let (cut, _) = cuts.into_iter().zip(touched).min_by_key(cost).expect("every dimension has a median");
    cut
}

/// By cut, how many of `balls`, which touch the box, touch what is left of it on each side.
fn touched_sides(bounds: &Bounds, balls: &[Ball], cuts: &[Cut]) -> Vec<[usize; 2]> {
    let (lower, upper) = (bounds.lower.as_flattened(), bounds.upper.as_flattened());
    let mut touched = vec![[0; 2]; cuts.len()];
    for ball in balls {
        let own = ball.outside(bounds);
        let room = ball.reach - own.iter().sum::<u64>();
        for (touched, cut) in touched.iter_mut().zip(cuts) {
            let (at, room) = (ball.center[cut.dimension], room + own[cut.dimension]);
            touched[0] += usize::from(outside(at, lower[cut.dimension], cut.below) <= room);
            touched[1] += usize::from(outside(at, cut.above, upper[cut.dimension]) <= room);
        }
    }
    touched
}

/// The one or two ways to cut a dimension near its median. `values` is room to work in.
fn near_the_median(points: &[Entry], dimension: usize, values: &mut Vec<i16>) -> ArrayVec<Cut, 2> {
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
fn widest(points: &[Entry]) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::PAIRS;

    /// On a lattice, so that many distances and edges coincide.
    fn balls() -> Vec<Ball> {
        let value =
            |number: u32, dimension: u32| ((number.wrapping_mul(2_654_435_761) >> (2 * dimension)) % 4 * 50) as i16;
        let center = |number| std::array::from_fn(|dimension| value(number, dimension as u32));
        let around = |reach| (0..200).map(move |number| Ball { center: center(number), reach });
        [0, 2_500, 5_000, 10_000].into_iter().flat_map(around).collect()
    }

    #[test]
    fn a_ball_touches_the_sides_whose_boxes_are_within_its_reach() {
        let bounds = Bounds { lower: [[0; 2]; PAIRS], upper: [[100; 2]; PAIRS] };
        let (balls, touching) = (balls(), Ball::touching(&bounds, &balls()));
        assert!((1..balls.len()).contains(&touching.len()), "some touch, some don't: {}", touching.len());
        for dimension in 0..DIMENSIONS {
            let touched = touched_sides(&bounds, &touching, &[Cut { dimension, below: 50, above: 100, left: 50 }]);
            let mut sides = [bounds; 2];
            sides[0].upper.as_flattened_mut()[dimension] = 50;
            sides[1].lower.as_flattened_mut()[dimension] = 100;
            assert_eq!(touched, [sides.map(|side| Ball::touching(&side, &balls).len())], "dimension {dimension}");
        }
    }
}
