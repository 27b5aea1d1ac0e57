//! How far apart two rows are.

/// Squared Euclidean distance, each dimension's square times its weight: the sum in `f64` in the order of the dimensions, without
/// fused multiply-add. In this order and width it is the same on every machine, and so are ties.
///
/// This is the definition in its plainest form. Engines find the same rows faster and are tested against it.
#[inline]
pub fn row_distance(a: &[f32], b: &[f32], weights: &[f64]) -> f64 {
    let mut sum = 0.0;
    for ((a, b), weight) in a.iter().zip(b).zip(weights) {
        let difference = f64::from(*a) - f64::from(*b);
        sum += weight * (difference * difference);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_square_counts_with_its_weight() {
        assert_eq!(row_distance(&[1.0, 2.0], &[4.0, -2.0], &[1.0, 1.0]), 25.0);
        assert_eq!(row_distance(&[1.0, 2.0], &[4.0, -2.0], &[2.0, 0.5]), 26.0);
        assert_eq!(row_distance(&[f32::MAX], &[f32::MIN], &[1.0]), (2.0 * f64::from(f32::MAX)).powi(2));
    }
}
