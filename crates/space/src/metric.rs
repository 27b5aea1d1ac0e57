//! How far apart two points are.

use crate::Point;

/// Squared Euclidean distance in units of 1/10000 squared, so of 1e-8: at most 14 x 20000², which is exact in `u64`.
///
/// This is the definition in its plainest form. Engines compute the same sum faster and are tested against it.
pub fn squared_distance(a: &Point, b: &Point) -> u64 {
    let squared = |(a, b): (&i16, &i16)| u64::from(a.abs_diff(*b)).pow(2);
    a.values().iter().zip(b.values()).map(squared).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DIMENSIONS, SCALE};

    #[test]
    fn the_farthest_points_are_14_times_the_square_of_20000_apart() {
        let [low, high] = [-SCALE, SCALE].map(|value| Point::new([value; DIMENSIONS]).unwrap());
        assert_eq!(squared_distance(&low, &high), 14 * 20_000 * 20_000);
        assert_eq!(squared_distance(&high, &low), squared_distance(&low, &high));
        assert_eq!(squared_distance(&low, &low), 0);
    }
}
