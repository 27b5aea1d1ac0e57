//! The grid: where a point lies in whole steps, 16 bits a dimension, and how far off that is.
//!
//! All dimensions share one step, or distances on the grid would not be those of the points. With `s` the step, `g(x)` the place of
//! a point in steps, `e(x)` the distance from `x / s` to `g(x)`, and `q'` the query moved into the box around all points:
//!
//! `|q - x|² >= |q - q'|² + |q' - x|²`, as the box is convex and holds x, and `|g(q') - g(x)| <= |q' - x| / s + e(q') + e(x)`.
//!
//! So a point whose grid distance is greater than `sqrt(|q - y|² - |q - q'|²) / s + e(q') + max e` is farther from the query than y.
//! What computing in `f64` is off by is added on that side.
//!
//! Where the grid is the truth, x is the value of its place, rounded to `f32`; e(x) is what that rounding moved it by.

use arrayvec::ArrayVec;

use super::layout::{Dimension, MAX_DIMENSIONS};

/// What `f64` arithmetic of a few operations may be off by, relatively; generous.
pub(crate) const SLACK: f64 = 1e-12;

/// One varying dimension.
#[derive(Clone, Copy, Debug)]
struct Axis {
    dimension: usize,
    /// Root of the weight.
    scale: f64,
    /// The least value, scaled.
    lower: f64,
    /// The place of the greatest value.
    last: u16,
    /// The least and the greatest value: no place's value is outside.
    range: [f32; 2],
}

/// A grid over the box around all points.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    axes: ArrayVec<Axis, MAX_DIMENSIONS>,
    step: f64,
    per_step: f64,
    /// How far off computed places may be, in steps.
    slack: f64,
}

/// Places that are tried until one has a value whose place it is; the second nearly always is.
const ROUNDS: usize = 8;

/// The place in the dimension of this number among those that vary.
#[inline(always)]
fn place_in(words: &[u32], number: usize) -> u16 {
    (words[number / 2] >> (16 * (number % 2))) as u16
}

/// The greatest place such that the squares of so many add up to less than 2^31, and one fits 15 bits.
pub(crate) fn greatest_place(varying: usize) -> u16 {
    let most = (f64::from(i32::MAX) / varying.max(1) as f64).sqrt().floor();
    most.min(f64::from(i16::MAX)) as u16
}

impl Grid {
    /// The finest grid on which squared distances stay below 2^31.
    pub(crate) fn new(dimensions: &[Dimension]) -> Self {
        let varying: ArrayVec<usize, MAX_DIMENSIONS> =
            (0..dimensions.len()).filter(|place| dimensions[*place].lower < dimensions[*place].upper).collect();
        let greatest = f64::from(greatest_place(varying.len()));
        let extent =
            |dimension: &Dimension| (f64::from(dimension.upper) - f64::from(dimension.lower)) * dimension.weight.sqrt();
        let widest = varying.iter().map(|place| extent(&dimensions[*place])).fold(0.0, f64::max);
        // A little more than the quotient, so that no place is beyond the greatest.
        let step = if widest > 0.0 { widest / greatest * (1.0 + SLACK) } else { 1.0 };
        let axes = varying.iter().map(|place| {
            let dimension = &dimensions[*place];
            let scale = dimension.weight.sqrt();
            let last = (extent(dimension) / step).round().min(greatest) as u16;
            let range = [dimension.lower, dimension.upper];
            Axis { dimension: *place, scale, lower: f64::from(dimension.lower) * scale, last, range }
        });
        let farthest = |place: &usize| {
            let dimension = &dimensions[*place];
            f64::from(dimension.lower.abs().max(dimension.upper.abs())) * dimension.weight.sqrt() / step
        };
        let slack = varying.iter().map(farthest).sum::<f64>() * 16.0 * f64::EPSILON;
        Self { axes: axes.collect(), step, per_step: 1.0 / step, slack }
    }

    /// One step, in weighted units.
    pub(crate) fn step(&self) -> f64 {
        self.step
    }

    /// Columns of words.
    pub(crate) fn columns(&self) -> usize {
        self.axes.len().div_ceil(2)
    }

    /// The row's place, as words, and its distance from there in steps.
    pub(crate) fn place(&self, row: &[f32], words: &mut [u32]) -> f64 {
        words.fill(0);
        let mut squares = 0.0;
        for (number, axis) in self.axes.iter().enumerate() {
            let exact = self.exact(axis, row[axis.dimension]);
            let place = Self::nearest(axis, exact);
            let error = exact - f64::from(place);
            squares += error * error;
            words[number / 2] |= u32::from(place) << (16 * (number % 2));
        }
        squares.sqrt()
    }

    /// Where a value lies, in steps.
    #[inline(always)]
    fn exact(&self, axis: &Axis, value: f32) -> f64 {
        (f64::from(value) * axis.scale - axis.lower) * self.per_step
    }

    /// The place nearest to a number of steps; what is negative becomes 0.
    #[inline(always)]
    fn nearest(axis: &Axis, exact: f64) -> u16 {
        ((exact + 0.5) as u16).min(axis.last)
    }

    /// The value of a place; never above that of the next.
    #[inline(always)]
    fn value(&self, axis: &Axis, place: u16) -> f32 {
        let value = ((axis.lower + f64::from(place) * self.step) / axis.scale) as f32;
        // A sum with 0 makes 0 of -0.
        value.clamp(axis.range[0], axis.range[1]) + 0.0
    }

    /// The values of the places that `words` are, in the dimensions that vary.
    #[inline(always)]
    pub(crate) fn values(&self, words: &[u32], values: &mut [f32]) {
        for (number, axis) in self.axes.iter().enumerate() {
            values[axis.dimension] = self.value(axis, place_in(words, number));
        }
    }

    /// How far the values of the places that `words` are lie from these places, in steps; `None` if one of them is no place.
    pub(crate) fn error_of_values(&self, words: &[u32]) -> Option<f64> {
        let mut squares = 0.0;
        for (number, axis) in self.axes.iter().enumerate() {
            let place = place_in(words, number);
            let error = self.exact(axis, self.value(axis, place)) - f64::from(place);
            squares += error * error;
            if place > axis.last {
                return None;
            }
        }
        let is_whole = self.axes.len() % 2 == 0 || place_in(words, self.axes.len()) == 0;
        is_whole.then(|| squares.sqrt())
    }

    /// Makes each value that of a place, the nearest one's. Returns the dimension in which there is no such value, as floats of
    /// this size are coarser than the grid and lie between its places.
    pub(crate) fn round(&self, row: &mut [f32]) -> Option<usize> {
        for axis in &self.axes {
            let value = &mut row[axis.dimension];
            // The value of a place may be a float that is nearer to another place.
            let is_found = (0..ROUNDS).any(|_| {
                let before = std::mem::replace(value, self.value(axis, Self::nearest(axis, self.exact(axis, *value))));
                before == *value
            });
            if !is_found {
                return Some(axis.dimension);
            }
        }
        None
    }

    /// The squared grid distance beyond which a point is farther than the squared distance `kth`. `moved` is the squared distance
    /// from the query to the box around all points, `error` what the query and the farthest point are off the grid by.
    #[inline(always)]
    pub(crate) fn limit(&self, kth: f64, moved: f64, error: f64) -> u32 {
        let inside = (kth * (1.0 + SLACK) - moved * (1.0 - SLACK)).max(0.0);
        let steps = inside.sqrt() * self.per_step + error + self.slack;
        // From the greatest number on, and for no number, everything is near.
        (steps * steps * (1.0 + SLACK) + 1.0) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_of_the_greatest_places_add_up_to_less_than_2_to_31() {
        for varying in 1..=MAX_DIMENSIONS {
            let place = u64::from(greatest_place(varying));
            assert!(place * place * (varying as u64) < 1 << 31, "{varying}");
        }
        assert_eq!((greatest_place(1), greatest_place(9), greatest_place(32)), (32_767, 15_446, 8_191));
    }

    #[test]
    fn no_place_is_beyond_the_greatest_and_none_is_half_a_step_off() {
        for (lower, upper, weight) in
            [(0.0, 1.0, 1.0), (-3e38, 3e38, 1.0), (1e-44, 3e-44, 4.0), (1e9, 1.000_001e9, 0.01), (-5.0, -4.0, 1e9)]
        {
            let dimensions = [Dimension { weight, lower, upper }; 3];
            let grid = Grid::new(&dimensions);
            for value in [lower, upper, lower + (upper / 2.0 - lower / 2.0)] {
                let mut words = [0; 2];
                let error = grid.place(&[value; 3], &mut words);
                assert!(error <= 0.5 * 3f64.sqrt() + 1e-9, "{lower}..{upper}: {error}");
                assert!(words[0] & 0xffff <= u32::from(greatest_place(3)) && words[1] >> 16 == 0);
            }
        }
    }
}
