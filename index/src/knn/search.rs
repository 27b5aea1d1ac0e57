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
//! Where only the labels of the nearest are wanted, [`proof`] may tell them before the nearest are found.
//!
//! *Ends whatever the bytes are.* Nodes lead only to later nodes, and every position read from the image is an index into a slice.

mod nearest;
mod proof;
mod query;
mod scan;
mod tree;

use super::layout::{MAX_NEIGHBOURS, Method};
use super::row_index::RowIndex;
use crate::kernel::{self, RowKernel};
use query::{Outside, QueryWords};
use simd::Work;

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
        let k = self.check(query, k)?;
        nearest.clear_work();
        nearest.begin(k, f64::INFINITY);
        kernel::run(self.kernel, Search { index: self, query, nearest });
        Ok(nearest.rows())
    }

    /// How many of the `k` rows nearest to `query`, by label, as [`RowIndex::search`] would find them. Among rows of two labels in a
    /// tree a proof that needs fewer points is tried first: then `nearest` has rows that are near, not the nearest, and
    /// [`Counted::Proved`] says so.
    ///
    /// # Errors
    ///
    /// As [`RowIndex::search`].
    ///
    /// # Panics
    ///
    /// If `counts` has fewer places than there are labels.
    pub fn count_labels(
        &self,
        query: &[f32],
        k: usize,
        nearest: &mut NearestRows,
        counts: &mut [u32],
    ) -> Result<Counted, QueryError> {
        let k = self.check(query, k)?;
        nearest.clear_work();
        nearest.begin(k, f64::INFINITY);
        let proved = kernel::run(self.kernel, Prove { index: self, query, nearest: &mut *nearest });
        counts.fill(0);
        if let Some(label) = proved {
            counts[usize::from(label)] = k as u32;
            return Ok(Counted::Proved);
        }
        // Rows that were found are a bound, even if they are not the nearest.
        let bound = if nearest.is_full() { nearest.worst() } else { f64::INFINITY };
        nearest.begin(k, bound);
        kernel::run(self.kernel, Search { index: self, query, nearest: &mut *nearest });
        for label in nearest.rows().iter().filter_map(|found| self.label(found.row)) {
            counts[usize::from(label)] += 1;
        }
        Ok(Counted::Found)
    }

    /// The number of rows that can be found.
    fn check(&self, query: &[f32], k: usize) -> Result<usize, QueryError> {
        if query.len() != self.sections.dimensions.len() {
            return Err(QueryError::Dimensions { found: query.len(), required: self.sections.dimensions.len() });
        }
        if let Some(dimension) = query.iter().position(|value| !value.is_finite()) {
            return Err(QueryError::NotFinite { dimension, value: query[dimension] });
        }
        if !(1..=MAX_NEIGHBOURS).contains(&k) {
            return Err(QueryError::Neighbours(k));
        }
        Ok(k.min(self.sections.shape.rows as usize))
    }
}

/// How labels were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All of the nearest have one label, as rows of that label are nearer than all others. Which they are is not known.
    Proved,
    /// The nearest were found.
    Found,
}

struct Search<'s> {
    index: &'s RowIndex<'s>,
    query: &'s [f32],
    nearest: &'s mut NearestRows,
}

impl<K: RowKernel> Work<K> for Search<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, kernel: K) {
        let Self { index, query, nearest } = self;
        let outside = Outside::new(index, query);
        match index.sections.method {
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

struct Prove<'s> {
    index: &'s RowIndex<'s>,
    query: &'s [f32],
    nearest: &'s mut NearestRows,
}

impl<K: RowKernel> Work<K> for Prove<'_> {
    type Output = Option<u8>;

    #[inline(always)]
    fn run(self, kernel: K) -> Option<u8> {
        let Self { index, query, nearest } = self;
        if index.sections.label_masks.is_empty() {
            return None;
        }
        let outside = Outside::new(index, query);
        if index.sections.method == Method::GridTree {
            let words = QueryWords::on_grid(index, &outside);
            proof::prove(kernel, index, query, (&words, tree::OnGrid), nearest)
        } else {
            let words = QueryWords::of_floats(index, &outside);
            proof::prove(kernel, index, query, (&words, tree::AsFloats), nearest)
        }
    }
}
