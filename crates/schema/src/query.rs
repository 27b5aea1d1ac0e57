//! The point that is looked up, and the label a reference point carries.

/// Dimensions of a vector.
pub const DIMENSIONS: usize = 14;
/// A dimension's value 1.0 as it is stored.
pub const SCALE: i16 = 10_000;

/// A point of the space: 14 values in -10000..=10000, each `round(value * 10000)` of its dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Query([i16; DIMENSIONS]);

impl Query {
    /// Checks that every value lies in -10000..=10000; the error names the first that does not.
    pub fn new(values: [i16; DIMENSIONS]) -> Result<Self, OutOfRange> {
        for (dimension, &value) in values.iter().enumerate() {
            if !(-SCALE..=SCALE).contains(&value) {
                return Err(OutOfRange { dimension, value });
            }
        }
        Ok(Self(values))
    }

    /// For values that are within bounds by the way they were made.
    pub(crate) fn from_bounded(values: [i16; DIMENSIONS]) -> Self {
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

/// What a reference was labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Label {
    /// A transaction in good order.
    Legit = 0,
    /// A fraud.
    Fraud = 1,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_the_scale_are_values() {
        let mut values = [0; DIMENSIONS];
        values[3] = SCALE;
        values[13] = -SCALE;
        assert_eq!(Query::new(values).map(|query| *query.values()), Ok(values));
    }

    #[test]
    fn a_value_beyond_the_scale_is_refused_with_its_dimension() {
        for (dimension, value) in [(0, 10_001), (13, -10_001), (7, i16::MIN), (7, i16::MAX)] {
            let mut values = [0; DIMENSIONS];
            values[dimension] = value;
            assert_eq!(Query::new(values), Err(OutOfRange { dimension, value }));
        }
    }
}
