//! From rows to the bytes of an image.
//!
//! [`distinct`] finds equal rows, [`partition`] orders the points so that near ones lie together, [`choose`] decides by measuring
//! how they are to be found, [`row_image`] puts it together, [`write`] lays everything out. What is in memory beside the rows: about 12 bytes for each, and the
//! boxes, which are a hundredth of the image: [`RowImage::build_bytes`].

mod choice;
mod choose;
mod distinct;
mod options;
mod partition;
mod row_image;
mod write;

use space::{Progress, Rows};

use super::grid::Grid;
use super::layout::Method;
use rayon::prelude::*;
use row_image::Decided;

pub use choice::{Choice, Estimate};
pub use options::{RowBuildError, RowOptions};
pub use row_image::RowImage;

impl<'a> RowImage<'a> {
    /// Decides how the rows are laid out. The same input gives the same image, whatever the number of threads.
    ///
    /// # Errors
    ///
    /// What no search could be exact about; see [`RowBuildError`].
    pub fn plan(rows: Rows<'a>, options: RowOptions<'a, '_>, progress: &Progress<'_>) -> Result<Self, RowBuildError> {
        let weights = options::check(&rows, &options)?;
        let choice = match options.method {
            Some(method) => Choice::given(method),
            None => choose::choose(rows, &weights, &Method::ALL, progress),
        };
        let decided = Decided { dimensions: row_image::dimensions(&rows, &weights), choice, grid_is_truth: false };
        Ok(Self::with(rows, options, decided, progress))
    }

    /// The most memory in bytes that planning and writing an image of so many rows takes, beside the rows.
    pub fn build_bytes(rows: u64, dimensions: usize) -> u64 {
        let sampled = rows.min(choose::LARGE as u64);
        let dimensions = dimensions as u64;
        // Hashes, numbers and slots of 24 bytes, boxes of 256 bytes and half of it for 256 rows and each dimension; and of the
        // sample its values, and its image while it grows.
        rows * (24 + dimensions.div_ceil(2)) + rows * dimensions / 8 + sampled * (48 + 20 * dimensions)
    }

    /// [`RowImage::plan`] of rows of `dimensions` values that are moved to the grid: each value becomes that of its place, at most
    /// half a step away, and the image keeps nothing else. Distances and answers are exact for what `values` holds then.
    ///
    /// # Errors
    ///
    /// What no search could be exact about; see [`RowBuildError`].
    pub fn plan_on_grid(
        dimensions: usize,
        values: &'a mut [f32],
        options: RowOptions<'a, '_>,
        progress: &Progress<'_>,
    ) -> Result<Self, RowBuildError> {
        let rows = Rows::new(dimensions, values)?;
        let weights = options::check(&rows, &options)?;
        if options.method == Some(Method::FloatTree) {
            return Err(RowBuildError::FloatsOnGrid);
        }
        let described = row_image::dimensions(&rows, &weights);
        let grid = Grid::new(&described);
        progress("round", 0, 0);
        if let Some(dimension) = values.par_chunks_mut(dimensions).find_map_any(|row| grid.round(row)) {
            return Err(RowBuildError::CoarseFloats { dimension });
        }
        let rows = Rows::new(dimensions, values)?;
        let choice = match options.method {
            Some(method) => Choice::given(method),
            None => choose::choose(rows, &weights, &[Method::GridTree, Method::CellScan], progress),
        };
        Ok(Self::with(rows, options, Decided { dimensions: described, choice, grid_is_truth: true }, progress))
    }
}
