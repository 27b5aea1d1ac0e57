//! What an image is built of, and what cannot be built.

use space::Rows;

use crate::knn::layout::{MAX_DIMENSIONS, MAX_ROWS, Method};

/// Why no image can be built of rows.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RowBuildError {
    /// There is nothing to find.
    #[error("there are no rows")]
    NoRows,
    /// Rows have 31-bit numbers.
    #[error("{0} rows: an index holds at most 2147483647")]
    TooManyRows(usize),
    /// The exact search would look at everything.
    #[error("{0} dimensions: exact search takes 1 to 32")]
    TooManyDimensions(usize),
    /// One weight for each dimension.
    #[error("{weights} weights for {dimensions} dimensions")]
    Weights {
        /// Weights given.
        weights: usize,
        /// Dimensions of a row.
        dimensions: usize,
    },
    /// Not a weight.
    #[error("the weight of dimension {dimension} is {weight}, it must be from 1e-30 to 1e30")]
    Weight {
        /// Counted from 0.
        dimension: usize,
        /// The weight given.
        weight: f64,
    },
    /// One label for each row.
    #[error("{labels} labels for {rows} rows")]
    Labels {
        /// Labels given.
        labels: usize,
        /// Rows given.
        rows: usize,
    },
    /// A label without a name.
    #[error("row {row} has label {label}, there are {labels}")]
    Label {
        /// Counted from 0.
        row: usize,
        /// Its label, counted from 0.
        label: u8,
        /// How many there are.
        labels: usize,
    },
    /// Floats are compared as they are, so weights cannot be in them.
    #[error("method float-tree takes no weights: all must be 1")]
    WeightedFloats,
    /// Floats are no places.
    #[error("method float-tree has no grid that could be the truth: grid-tree and cell-scan have")]
    FloatsOnGrid,
    /// Values that cannot be told apart as well as the grid does.
    #[error("dimension {dimension}: its values are so large beside their range that floats are coarser than the grid")]
    CoarseFloats {
        /// Counted from 0.
        dimension: usize,
    },
    /// The values are no rows.
    #[error(transparent)]
    Rows(#[from] space::RowsError),
}

/// What an image is built of beside rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowOptions<'a, 'w> {
    /// By dimension, what its squared differences are multiplied by; none for 1 everywhere.
    pub weights: Option<&'w [f64]>,
    /// By row, its label.
    pub labels: Option<&'a [u8]>,
    /// How many labels there are, up to 256.
    pub label_count: usize,
    /// How points are to be found; none for the fastest by [`Choice`](super::Choice).
    pub method: Option<Method>,
}

/// The weights, if everything fits together.
pub(super) fn check(rows: &Rows<'_>, options: &RowOptions<'_, '_>) -> Result<Vec<f64>, RowBuildError> {
    let dimensions = rows.dimensions();
    if rows.is_empty() {
        return Err(RowBuildError::NoRows);
    }
    if rows.len() > MAX_ROWS {
        return Err(RowBuildError::TooManyRows(rows.len()));
    }
    if dimensions > MAX_DIMENSIONS {
        return Err(RowBuildError::TooManyDimensions(dimensions));
    }
    let weights = options.weights.map_or_else(|| vec![1.0; dimensions], <[f64]>::to_vec);
    if weights.len() != dimensions {
        return Err(RowBuildError::Weights { weights: weights.len(), dimensions });
    }
    if let Some(dimension) = weights.iter().position(|weight| !(1e-30..=1e30).contains(weight)) {
        return Err(RowBuildError::Weight { dimension, weight: weights[dimension] });
    }
    if let Some(labels) = options.labels {
        if labels.len() != rows.len() {
            return Err(RowBuildError::Labels { labels: labels.len(), rows: rows.len() });
        }
        if let Some(row) = labels.iter().position(|label| usize::from(*label) >= options.label_count) {
            return Err(RowBuildError::Label { row, label: labels[row], labels: options.label_count });
        }
    }
    if options.method == Some(Method::FloatTree) && weights.iter().any(|weight| *weight != 1.0) {
        return Err(RowBuildError::WeightedFloats);
    }
    Ok(weights)
}
