//! NumPy arrays (`.npy`): a header with the type and the shape, then the elements.

mod array;
mod blocks;
mod element;
mod header;

use super::cell::Cell;
use super::error::TableError;
use super::open::{Opened, read_whole};
use super::rows::Rows;
use super::seekable::Seekable;
use super::selection::Wanted;
pub(super) use array::Array;
pub(super) use blocks::{Data, RowBytes};
pub(super) use header::Header;
use std::io::Read;
use std::sync::Arc;

const BY_COLUMN: &str = "an array stored by columns (`fortran_order`)";

/// An `.npy` file whose header has been read.
pub(super) struct NpyTable {
    array: Array,
    names: Vec<String>,
    data: Data<'static>,
}

impl NpyTable {
    pub(super) fn open(mut opened: Opened) -> Result<Self, TableError> {
        let (header, header_bytes) = Header::read(&mut opened.stream)?;
        let array = Array::new(&header)?;
        let data = if !array.is_by_column {
            Data::Rows(Box::new(opened.stream))
        } else if opened.is_plain_file() {
            let bytes = opened.into_seekable(BY_COLUMN)?;
            array.check_length(bytes.length() - header_bytes)?;
            Data::Columns(bytes, header_bytes)
        } else {
            whole_columns(opened.stream, &array)?
        };
        Ok(Self { names: array.column_names(), array, data })
    }

    /// The columns' numbers.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn number_columns(&self) -> Vec<usize> {
        if self.array.element.is_number() { (0..self.array.columns).collect() } else { Vec::new() }
    }

    /// Reads all rows.
    pub(super) fn read(self, wanted: Wanted<'_>, rows: &mut Rows<'_>) -> Result<(), TableError> {
        let Self { array, names, data } = self;
        let positions = wanted.positions(&names)?;
        rows.announce(array.rows);
        let mut bytes = RowBytes::new(array.clone(), data);
        while !rows.is_full() {
            let Some(row) = bytes.next()? else { break };
            let cells = positions.iter().map(|place| place.map_or(Cell::Absent, |place| array.cell(row, place)));
            rows.give(None, &mut cells.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The data of an array that is stored by columns and comes as a stream.
pub(super) fn whole_columns(source: impl Read, array: &Array) -> Result<Data<'static>, TableError> {
    let bytes = Seekable::Memory(Arc::new(read_whole(source, BY_COLUMN)?));
    array.check_length(bytes.length())?;
    Ok(Data::Columns(bytes, 0))
}
