//! Reads the rows of an array one after another, in blocks, from C or Fortran order.

use super::array::{Array, bytes_behind};
use crate::files::table::error::TableError;
use crate::files::table::seekable::Seekable;
use rawzip::ReaderAt;
use std::io::{ErrorKind, Read};

/// About as long is a block; longer only where a row is.
const BLOCK_BYTES: usize = 1 << 20;

/// Where the data of an array are.
pub(in crate::files::table) enum Data<'a> {
    /// Row after row, from here on.
    Rows(Box<dyn Read + 'a>),
    /// Column after column, from an offset on; known to be whole.
    Columns(Seekable, u64),
}

/// The bytes of an array's rows.
pub(in crate::files::table) struct RowBytes<'a> {
    array: Array,
    data: Data<'a>,
    /// Rows of whole blocks that were read, the present one included.
    read: u64,
    /// Some rows, one after another.
    block: Vec<u8>,
    /// How much of the block was handed out.
    taken: usize,
}

impl<'a> RowBytes<'a> {
    pub(in crate::files::table) const fn new(array: Array, data: Data<'a>) -> Self {
        Self { array, data, read: 0, block: Vec::new(), taken: 0 }
    }

    /// The next row; nothing behind the last, where nothing else may stand.
    pub(in crate::files::table) fn next(&mut self) -> Result<Option<&[u8]>, TableError> {
        if self.taken == self.block.len() && !self.fill()? {
            return Ok(None);
        }
        let row = self.taken..self.taken + self.array.row_bytes();
        self.taken = row.end;
        Ok(Some(&self.block[row]))
    }

    /// Whether there is another block.
    fn fill(&mut self) -> Result<bool, TableError> {
        let row_bytes = self.array.row_bytes();
        let rows = ((BLOCK_BYTES / row_bytes).max(1) as u64).min(self.array.rows - self.read);
        self.block.resize(rows as usize * row_bytes, 0);
        self.taken = 0;
        match &mut self.data {
            Data::Rows(source) if rows == 0 => {
                if fill_from(source, &mut [0])? > 0 {
                    return Err(bytes_behind());
                }
            }
            Data::Rows(source) => {
                let length = fill_from(source, &mut self.block)?;
                if length < self.block.len() {
                    let row = self.read + (length / row_bytes) as u64;
                    return Err(TableError::CutOff { row, rows: self.array.rows });
                }
            }
            Data::Columns(bytes, offset) => fill_by_column(&self.array, bytes, *offset, self.read, &mut self.block)?,
        }
        self.read += rows;
        Ok(rows > 0)
    }
}

/// Fills as much of `bytes` as the source has.
fn fill_from(source: &mut dyn Read, bytes: &mut [u8]) -> Result<usize, TableError> {
    let mut filled = 0;
    while filled < bytes.len() {
        match source.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

/// Fills `block` with rows from `first` on, of what is stored by column.
fn fill_by_column(
    array: &Array,
    bytes: &Seekable,
    offset: u64,
    first: u64,
    block: &mut [u8],
) -> Result<(), TableError> {
    let (size, row_bytes) = (array.element.bytes, array.row_bytes());
    let mut values = vec![0; block.len() / array.columns];
    for column in 0..array.columns {
        bytes.read_exact_at(&mut values, offset + (column as u64 * array.rows + first) * size as u64)?;
        for (row, value) in block.chunks_exact_mut(row_bytes).zip(values.chunks_exact(size)) {
            row[column * size..][..size].copy_from_slice(value);
        }
    }
    Ok(())
}
