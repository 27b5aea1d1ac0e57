//! The query as the methods want it.

use crate::knn::encoder::{Encoder, Words};
use crate::knn::layout::MAX_DIMENSIONS;
use crate::knn::row_index::RowIndex;
use arrayvec::ArrayVec;

/// The query moved into the box around all points, and how far that is.
pub(super) struct Outside {
    inside: ArrayVec<f32, MAX_DIMENSIONS>,
    /// Squared, in weighted units.
    moved: f64,
}

impl Outside {
    #[inline(always)]
    pub(super) fn new(index: &RowIndex<'_>, query: &[f32]) -> Self {
        let (mut inside, mut moved) = (ArrayVec::new(), 0.0);
        for (value, dimension) in query.iter().zip(&index.sections.dimensions) {
            let nearest = value.clamp(dimension.lower, dimension.upper);
            let difference = f64::from(*value) - f64::from(nearest);
            moved += dimension.weight * (difference * difference);
            inside.push(nearest);
        }
        Self { inside, moved }
    }
}

/// The words of the query, and what its limits follow from.
pub(super) struct QueryWords {
    pub words: Words,
    /// Squared distance from the query to the box around all points.
    pub moved: f64,
    /// How far off the grid the query and the farthest point are together, in steps.
    pub error: f64,
}

impl QueryWords {
    #[inline(always)]
    pub(super) fn on_grid(index: &RowIndex<'_>, outside: &Outside) -> Self {
        Self::new(index, outside, index.sections.shape.error)
    }

    #[inline(always)]
    pub(super) fn of_floats(index: &RowIndex<'_>, outside: &Outside) -> Self {
        Self::new(index, outside, 0.0)
    }

    #[inline(always)]
    fn new(index: &RowIndex<'_>, outside: &Outside, error: f64) -> Self {
        let (words, off) = index.sections.encoder.words(&outside.inside);
        Self { words, moved: outside.moved, error: off + error }
    }

    /// The greatest bound of a row that may be as near as `kth`, as the method compares it.
    #[inline(always)]
    pub(super) fn grid_limit(&self, index: &RowIndex<'_>, kth: f64) -> u32 {
        match &index.sections.encoder {
            Encoder::Grid(grid) => grid.limit(kth, self.moved, self.error),
            Encoder::Floats(_) => u32::MAX,
        }
    }
}
