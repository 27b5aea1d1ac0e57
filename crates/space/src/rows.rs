//! Rows of any number of dimensions: what own data are.

/// Most dimensions of a row.
pub const MAX_ROW_DIMENSIONS: usize = 4096;

/// Rows of finite `f32` values, all of the same number of dimensions, one behind the other. A row's number is its position.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    dimensions: usize,
    values: &'a [f32],
}

/// Why values are no rows.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RowsError {
    /// No dimension, or too many.
    #[error("{0} dimensions: a row has 1 to 4096")]
    Dimensions(usize),
    /// The last row is not whole.
    #[error("{values} values are no whole number of rows of {dimensions}")]
    NotWhole {
        /// Values given.
        values: usize,
        /// Values of a row.
        dimensions: usize,
    },
    /// A value without a distance to others.
    #[error("row {row}, dimension {dimension}: {value} is not finite")]
    NotFinite {
        /// Counted from 0.
        row: usize,
        /// Counted from 0.
        dimension: usize,
        /// NaN or an infinity.
        value: f32,
    },
}

impl<'a> Rows<'a> {
    /// `values`: row by row, `dimensions` for each.
    ///
    /// # Errors
    ///
    /// If there are no whole rows, or a value is not finite; the first one is named.
    pub fn new(dimensions: usize, values: &'a [f32]) -> Result<Self, RowsError> {
        if !(1..=MAX_ROW_DIMENSIONS).contains(&dimensions) {
            return Err(RowsError::Dimensions(dimensions));
        }
        if !values.len().is_multiple_of(dimensions) {
            return Err(RowsError::NotWhole { values: values.len(), dimensions });
        }
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            let (row, dimension) = (place / dimensions, place % dimensions);
            return Err(RowsError::NotFinite { row, dimension, value: values[place] });
        }
        Ok(Self { dimensions, values })
    }

    /// Values of a row.
    #[inline]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many rows.
    #[inline]
    pub fn len(&self) -> usize {
        self.values.len() / self.dimensions
    }

    /// Whether there is no row.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All values, row by row.
    #[inline]
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    /// The values of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[inline]
    pub fn row(&self, number: usize) -> &'a [f32] {
        &self.values[number * self.dimensions..][..self.dimensions]
    }

    /// The rows in their order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [f32]> + use<'a> {
        self.values.chunks_exact(self.dimensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_in_their_order() {
        let rows = Rows::new(2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!((rows.len(), rows.row(2)), (3, [5.0, 6.0].as_slice()));
        assert_eq!(rows.iter().nth(1), Some([3.0, 4.0].as_slice()));
        assert!(Rows::new(3, &[]).unwrap().is_empty());
    }

    #[test]
    fn a_value_that_is_not_finite_is_refused_with_its_place() {
        for value in [f32::INFINITY, f32::NEG_INFINITY] {
            let refused = Rows::new(2, &[1.0, 2.0, 3.0, value]).unwrap_err();
            assert_eq!(refused, RowsError::NotFinite { row: 1, dimension: 1, value });
        }
        let refused = Rows::new(1, &[f32::NAN]).unwrap_err();
        assert!(matches!(refused, RowsError::NotFinite { row: 0, dimension: 0, .. }), "{refused}");
    }

    #[test]
    fn what_is_no_whole_number_of_rows_is_refused() {
        assert_eq!(Rows::new(2, &[1.0]).unwrap_err(), RowsError::NotWhole { values: 1, dimensions: 2 });
        assert_eq!(Rows::new(0, &[]).unwrap_err(), RowsError::Dimensions(0));
        assert_eq!(Rows::new(4097, &[]).unwrap_err(), RowsError::Dimensions(4097));
    }
}
