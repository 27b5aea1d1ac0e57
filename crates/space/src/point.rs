//! A point of the space: what references are and what is looked up.

/// Dimensions of a vector.
pub const DIMENSIONS: usize = 14;
/// A dimension's value 1.0 as it is stored.
pub const SCALE: i16 = 10_000;

/// A point of the space: 14 values in -10000..=10000, each `round(value * 10000)` of its dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Point([i16; DIMENSIONS]);

impl Point {
    /// Checks the values.
    ///
    /// # Errors
    ///
    /// The first value outside -10000..=10000, with its dimension.
    pub fn new(values: [i16; DIMENSIONS]) -> Result<Self, OutOfRange> {
        for (dimension, &value) in values.iter().enumerate() {
            if !(-SCALE..=SCALE).contains(&value) {
                return Err(OutOfRange { dimension, value });
            }
        }
        Ok(Self(values))
    }

    /// For values that are within bounds by the way they were made. Others break no memory, but distances to such a point
    /// may be wrong; a debug build panics.
    pub fn from_bounded(values: [i16; DIMENSIONS]) -> Self {
        debug_assert!(Self::new(values).is_ok(), "{values:?}");
        Self(values)
    }

    /// The values in the order of the dimensions.
    pub const fn values(&self) -> &[i16; DIMENSIONS] {
        &self.0
    }
}

/// A value that no dimension can have.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
#[error("dimension {dimension} is {value}, outside -10000..=10000")]
pub struct OutOfRange {
    /// Counted from 0.
    pub dimension: usize,
    /// The value refused.
    pub value: i16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_the_scale_are_values() {
        let mut values = [0; DIMENSIONS];
        values[3] = SCALE;
        values[13] = -SCALE;
        assert_eq!(Point::new(values).map(|point| *point.values()), Ok(values));
    }

    #[test]
    fn a_value_beyond_the_scale_is_refused_with_its_dimension() {
        for (dimension, value) in [(0, 10_001), (13, -10_001), (7, i16::MIN), (7, i16::MAX)] {
            let mut values = [0; DIMENSIONS];
            values[dimension] = value;
            assert_eq!(Point::new(values), Err(OutOfRange { dimension, value }));
        }
    }
}
