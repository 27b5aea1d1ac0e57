//! From bytes to an index of rows: everything is checked on the way.

use simd::InstructionSet;
use space::Progress;

use super::error::RowImageError;
use super::row_index::RowIndex;
use super::validate::validate;
use crate::format::Container;

impl<'a> RowIndex<'a> {
    /// Checks everything (header, checksum, sections, every box and code); answers with `kernel`.
    ///
    /// `bytes` must start at a multiple of 4 and must not change while the index lives. If they do, a search ends with any answer
    /// or with a panic, but it ends.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the image.
    pub fn open(bytes: &'a [u8], kernel: InstructionSet, progress: &Progress<'_>) -> Result<Self, RowImageError> {
        let container = Container::read(bytes)?;
        container.check_checksum(progress)?;
        let index = Self::assemble(container, kernel)?;
        validate(&index, progress)?;
        Ok(index)
    }

    /// [`RowIndex::open`] for bytes that it has accepted before, in this very version: reads the sections' lengths and takes the
    /// rest on trust. With any other bytes answers may be wrong and a search may panic.
    ///
    /// # Errors
    ///
    /// If header, section table, shape or a length is wrong.
    pub fn open_verified(bytes: &'a [u8], kernel: InstructionSet) -> Result<Self, RowImageError> {
        Self::assemble(Container::read(bytes)?, kernel)
    }
}
