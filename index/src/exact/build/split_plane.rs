//! Where to split a region: near the median, in the dimension whose split costs queries least, or of largest variance.

use arrayvec::ArrayVec;
use space::DIMENSIONS;

use super::labelled_point::LabelledPoint;
use super::query_model::{Ball, squared_excess};
use crate::exact::layout::Bounds;
use crate::lanes::LANES;

/// Regions of up to so many points are split between whole blocks, so that blocks are full; larger ones between two values, so
/// that there is a gap.
const ALIGNED_UP_TO: usize = 1024;
/// A split leaves at least this share (1/8) on each side, which bounds the depth: log(2^31 / 2^10) / log(8/7) = 109.
const LEAST_SHARE: usize = 8;

/// A plane across one dimension, with at least one point on each side.
pub(super) struct SplitPlane {
    pub dimension: usize,
    /// The greatest value on the left.
    pub below: i16,
    /// The least value on the right: the same inside a run of equal values.
    pub above: i16,
    /// Points on the left.
    pub left: usize,
}

/// The plane nearest to the median in the dimension of largest variance.
pub(super) fn of_largest_variance(points: &[LabelledPoint]) -> SplitPlane {
    let middle = points.len() / 2;
    let planes = near_the_median(points, dimension_of_largest_variance(points), &mut Vec::new());
    planes.into_iter().min_by_key(|plane| plane.left.abs_diff(middle)).expect("every dimension has a median")
}

/// The plane of least cost by the query model: for each side, balls that touch it times points in it, as every such query may
/// have to look at them. All `balls` touch `bounds`, the box around the points.
pub(super) fn of_least_cost(points: &[LabelledPoint], bounds: &Bounds, balls: &[Ball]) -> SplitPlane {
    let mut values = Vec::with_capacity(points.len());
    let planes: Vec<_> =
        (0..DIMENSIONS).flat_map(|dimension| near_the_median(points, dimension, &mut values)).collect();
    let touched = touched_sides(bounds, balls, &planes);
    let cost =
        |(plane, [left, right]): &(SplitPlane, [usize; 2])| left * plane.left + right * (points.len() - plane.left);
    let (plane, _) = planes.into_iter().zip(touched).min_by_key(cost).expect("every dimension has a median");
    plane
}

/// By plane, how many of `balls`, all of which touch the box, touch the part of the box on each side.
fn touched_sides(bounds: &Bounds, balls: &[Ball], planes: &[SplitPlane]) -> Vec<[usize; 2]> {
    let (lower, upper) = (bounds.lower.as_flattened(), bounds.upper.as_flattened());
    let mut touched = vec![[0; 2]; planes.len()];
    for ball in balls {
        let excess = ball.squared_excesses(bounds);
        let room = ball.squared_radius - excess.iter().sum::<u64>();
        for (touched, plane) in touched.iter_mut().zip(planes) {
            let (center, room) = (ball.center[plane.dimension], room + excess[plane.dimension]);
            touched[0] += usize::from(squared_excess(center, lower[plane.dimension], plane.below) <= room);
            touched[1] += usize::from(squared_excess(center, plane.above, upper[plane.dimension]) <= room);
        }
    }
    touched
}

/// The one or two planes across a dimension near its median. `values` is scratch space.
fn near_the_median(points: &[LabelledPoint], dimension: usize, values: &mut Vec<i16>) -> ArrayVec<SplitPlane, 2> {
    let length = points.len();
    values.clear();
    values.extend(points.iter().map(|point| point.values[dimension]));
    let mut planes = ArrayVec::new();
    if length <= ALIGNED_UP_TO {
        let unit = if length > 16 * LANES { 16 * LANES } else { LANES };
        // Inside: the length is above one unit, so half of it, rounded up to units, is below it.
        let left = (length / 2).next_multiple_of(unit);
        let (before, above, _) = values.select_nth_unstable(left);
        let below = before.iter().copied().fold(i16::MIN, i16::max);
        planes.push(SplitPlane { dimension, below, above: *above, left });
        return planes;
    }
    let (_, median, _) = values.select_nth_unstable(length / 2);
    let median = *median;
    // No gap between equal values: split at either end of their run.
    let start = values.iter().filter(|value| **value < median).count();
    let end = values.iter().filter(|value| **value <= median).count();
    let inside = length / LEAST_SHARE..=length - length / LEAST_SHARE;
    if inside.contains(&start) {
        let below = values.iter().copied().filter(|value| *value < median).fold(i16::MIN, i16::max);
        planes.push(SplitPlane { dimension, below, above: median, left: start });
    }
    if inside.contains(&end) {
        let above = values.iter().copied().filter(|value| *value > median).fold(i16::MAX, i16::min);
        planes.push(SplitPlane { dimension, below: median, above, left: end });
    }
    if planes.is_empty() {
        planes.push(SplitPlane { dimension, below: median, above: median, left: length / 2 });
    }
    planes
}

/// The dimension of largest variance, the first of equals. Integer sums: exact, so the same in every order.
fn dimension_of_largest_variance(points: &[LabelledPoint]) -> usize {
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
    use crate::lanes::PAIRS;

    /// On a lattice, so that many distances and edges coincide.
    fn balls() -> Vec<Ball> {
        let value =
            |number: u32, dimension: u32| ((number.wrapping_mul(2_654_435_761) >> (2 * dimension)) % 4 * 50) as i16;
        let center = |number| std::array::from_fn(|dimension| value(number, dimension as u32));
        let around = |squared_radius| (0..200).map(move |number| Ball { center: center(number), squared_radius });
        [0, 2_500, 5_000, 10_000].into_iter().flat_map(around).collect()
    }

    #[test]
    fn a_ball_touches_the_sides_whose_boxes_are_within_its_radius() {
        let bounds = Bounds { lower: [[0; 2]; PAIRS], upper: [[100; 2]; PAIRS] };
        let (balls, touching) = (balls(), Ball::touching(&bounds, &balls()));
        assert!((1..balls.len()).contains(&touching.len()), "some touch, some don't: {}", touching.len());
        for dimension in 0..DIMENSIONS {
            let touched =
                touched_sides(&bounds, &touching, &[SplitPlane { dimension, below: 50, above: 100, left: 50 }]);
            let mut sides = [bounds; 2];
            sides[0].upper.as_flattened_mut()[dimension] = 50;
            sides[1].lower.as_flattened_mut()[dimension] = 100;
            assert_eq!(touched, [sides.map(|side| Ball::touching(&side, &balls).len())], "dimension {dimension}");
        }
    }
}
