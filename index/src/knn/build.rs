//! From rows to the bytes of an image.
//!
//! [`distinct`] finds equal rows, [`partition`] orders the points so that near ones lie together, [`choose`] decides by measuring
//! how they are to be found, [`row_image`] puts it together, [`write`] lays everything out. What is in memory beside the rows: about 12 bytes for each, and the
//! boxes, which are a hundredth of the image.

mod choice;
mod choose;
mod distinct;
mod options;
mod partition;
mod row_image;
mod write;

use space::{Progress, Rows};

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
            None => choose::choose(rows, &weights, progress),
        };
        Ok(Self::with(rows, &weights, options, choice, progress))
    }
}
