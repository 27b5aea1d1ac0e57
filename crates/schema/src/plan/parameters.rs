//! Scales that are found from data.

use crate::schema_file::Scale;

/// Quantiles that are kept of a dimension: these and their straight connections are its distribution.
pub const QUANTILES: usize = 256;

/// What was found from data for one dimension, in its values after the steps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parameters {
    /// The least and the greatest value.
    MinMax([f64; 2]),
    /// The values at [`QUANTILES`] equally spaced ranks, the least and the greatest among them.
    Quantiles(Box<[f64]>),
}

/// What was found from data for each dimension whose scale asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    pub(crate) parameters: Vec<Option<Parameters>>,
}

impl Parameters {
    /// Numbers that are stored for a scale.
    pub(crate) fn count(scale: Scale) -> usize {
        match scale {
            Scale::None | Scale::Grid { .. } => 0,
            Scale::MinMax => 2,
            Scale::Quantiles => QUANTILES,
        }
    }

    /// The parameters of `scale` from as many numbers as [`Parameters::count`] says; `None` if they are not finite as f32
    /// or do not ascend.
    pub(crate) fn new(scale: Scale, numbers: &[f64]) -> Option<Self> {
        let is_value = |number: &f64| (*number as f32).is_finite();
        if numbers.len() != Self::count(scale) || !numbers.iter().all(is_value) || !numbers.is_sorted() {
            return None;
        }
        match (scale, numbers) {
            (Scale::MinMax, &[least, most]) => Some(Self::MinMax([least, most])),
            (Scale::Quantiles, quantiles) => Some(Self::Quantiles(quantiles.into())),
            _ => None,
        }
    }

    pub(crate) fn numbers(&self) -> &[f64] {
        match self {
            Self::MinMax(ends) => ends,
            Self::Quantiles(quantiles) => quantiles,
        }
    }

    /// Where `value` lies in the data: 0 to 1; 0 if all data have one value.
    pub(crate) fn scale(&self, value: f64) -> f64 {
        let numbers = self.numbers();
        let (least, most) = (numbers[0], numbers[numbers.len() - 1]);
        if least == most {
            return 0.0;
        }
        let value = value.clamp(least, most);
        match self {
            Self::MinMax(_) => (value - least) / (most - least),
            Self::Quantiles(quantiles) => rank(quantiles, value),
        }
    }
}

/// The share of the ranks below `value`, which lies within the quantiles. A value that several ranks have is in their
/// middle; between two values the rank grows evenly.
fn rank(quantiles: &[f64], value: f64) -> f64 {
    let below = quantiles.partition_point(|quantile| *quantile < value);
    let up_to = quantiles.partition_point(|quantile| *quantile <= value);
    let last = (quantiles.len() - 1) as f64;
    if below < up_to {
        return (below + up_to - 1) as f64 / 2.0 / last;
    }
    let (left, right) = (quantiles[below - 1], quantiles[below]);
    let middle = |value: f64| {
        let first = quantiles.partition_point(|quantile| *quantile < value);
        let end = quantiles.partition_point(|quantile| *quantile <= value);
        (first + end - 1) as f64 / 2.0
    };
    let (left_rank, right_rank) = (middle(left), middle(right));
    (left_rank + (right_rank - left_rank) * ((value - left) / (right - left))) / last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles(numbers: impl Fn(usize) -> f64) -> Parameters {
        let numbers: Vec<_> = (0..QUANTILES).map(numbers).collect();
        Parameters::new(Scale::Quantiles, &numbers).unwrap()
    }

    #[test]
    fn min_max_leads_to_0_and_1_and_no_further() {
        let scale = Parameters::new(Scale::MinMax, &[-2.0, 6.0]).unwrap();
        for (value, scaled) in [(-2.0, 0.0), (6.0, 1.0), (0.0, 0.25), (-1e300, 0.0), (1e300, 1.0)] {
            assert_eq!(scale.scale(value), scaled, "{value}");
        }
        assert_eq!(Parameters::MinMax([3.0, 3.0]).scale(4.0), 0.0);
        let widest = Parameters::MinMax([f64::from(f32::MIN), f64::from(f32::MAX)]);
        assert_eq!(widest.scale(0.0), 0.5);
    }

    #[test]
    fn quantiles_are_ranks_with_straight_lines_between() {
        let squares = quantiles(|n| (n * n) as f64);
        assert_eq!(squares.scale(0.0), 0.0);
        assert_eq!(squares.scale(65_025.0), 1.0);
        assert_eq!(squares.scale(100.0), 10.0 / 255.0);
        assert_eq!(squares.scale(110.5), 10.5 / 255.0);
        assert_eq!(quantiles(|_| 7.0).scale(7.0), 0.0);
    }

    #[test]
    fn a_value_that_many_rows_have_is_in_the_middle_of_their_ranks() {
        let mostly_zero = quantiles(|n| if n < 200 { 0.0 } else { (n - 199) as f64 });
        assert_eq!(mostly_zero.scale(0.0), 99.5 / 255.0);
        assert_eq!(mostly_zero.scale(1.0), 200.0 / 255.0);
        assert_eq!(mostly_zero.scale(0.5), (99.5 + 200.0) / 2.0 / 255.0);
        let steps: Vec<_> = (0..=560).map(|n| mostly_zero.scale(f64::from(n) / 10.0)).collect();
        assert!(steps.is_sorted() && steps.last() == Some(&1.0));
    }

    #[test]
    fn numbers_that_are_no_scale_are_refused() {
        for numbers in
            [&[1.0][..], &[2.0, 1.0], &[f64::NAN, 1.0], &[0.0, f64::INFINITY], &[0.0, 1e39], &[0.0, 1.0, 2.0]]
        {
            assert_eq!(Parameters::new(Scale::MinMax, numbers), None, "{numbers:?}");
        }
        assert_eq!(Parameters::new(Scale::None, &[]), None);
        assert_eq!(Parameters::new(Scale::Quantiles, &[0.0, 1.0]), None);
    }
}
