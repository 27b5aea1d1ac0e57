//! The k nearest rows, exactly.
//!
//! A row comes before another if it is nearer, or equally near and of a lower number; the distance is
//! [`space::row_distance`], over the values as they were given. Every method finds points that may be near by a bound that is never
//! greater than the distance, and measures those; so what it leaves out is farther than the k-th that it has. A bound that is equal
//! to the k-th distance leaves nothing out, since the row may have the lower number.
//!
//! - [`tree`]: boxes, then points, by their distance on the grid or by that in `f32`.
//! - [`scan`]: all points, by the cells that they lie in.
//!
//! *Ends whatever the bytes are.* Nodes lead only to later nodes, and every position read from the image is an index into a slice.

mod nearest;
mod query;
mod scan;
mod tree;

use super::layout::{MAX_NEIGHBOURS, Method};
use super::row_index::RowIndex;
use crate::kernel::{self, RowKernel, RowTask};
use query::{Outside, QueryWords};

pub use nearest::{Found, NearestRows, SearchWork};

/// Why a row cannot be looked up.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// Another number of dimensions.
    #[error("{found} values, the rows of the index have {required}")]
    Dimensions {
        /// Values of the query.
        found: usize,
        /// Values of a row.
        required: usize,
    },
    /// A value without a distance to others.
    #[error("value {dimension} is {value}, which is not finite")]
    NotFinite {
        /// Counted from 0.
        dimension: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// None, or more than there is room for.
    #[error("{0} neighbours: 1 to 1000 can be asked for")]
    Neighbours(usize),
}

impl RowIndex<'_> {
    /// The `k` rows nearest to `query`, nearest first, ties by the lower row; all of them if there are fewer. They are in `nearest`,
    /// which is reused from one search to the next. Allocates nothing once `nearest` had room for as many.
    ///
    /// # Errors
    ///
    /// If the query is no row of this index, or `k` is not from 1 to [`MAX_NEIGHBOURS`].
    pub fn search<'n>(&self, query: &[f32], k: usize, nearest: &'n mut NearestRows) -> Result<&'n [Found], QueryError> {
        if query.len() != self.dimensions.len() {
            return Err(QueryError::Dimensions { found: query.len(), required: self.dimensions.len() });
        }
        if let Some(dimension) = query.iter().position(|value| !value.is_finite()) {
            return Err(QueryError::NotFinite { dimension, value: query[dimension] });
        }
        if !(1..=MAX_NEIGHBOURS).contains(&k) {
            return Err(QueryError::Neighbours(k));
        }
        nearest.begin(k.min(self.shape.rows as usize));
        kernel::run_rows(self.kernel, Search { index: self, query, nearest });
        Ok(nearest.rows())
    }
}

struct Search<'s> {
    index: &'s RowIndex<'s>,
    query: &'s [f32],
    nearest: &'s mut NearestRows,
}

impl RowTask for Search<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: RowKernel>(self, kernel: K) {
        let Self { index, query, nearest } = self;
        let outside = Outside::new(index, query);
        match index.method {
            Method::GridTree => {
                let words = QueryWords::on_grid(index, &outside);
                tree::walk(kernel, index, query, &words, tree::OnGrid, nearest);
            }
            Method::FloatTree => {
                let words = QueryWords::of_floats(index, &outside);
                tree::walk(kernel, index, query, &words, tree::AsFloats, nearest);
            }
            Method::CellScan => scan::scan(kernel, index, query, nearest),
        }
    }
}
