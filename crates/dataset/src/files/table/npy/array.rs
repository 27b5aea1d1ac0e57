//! What an array is, and how its rows lie in its bytes.

use super::element::Element;
use super::header::{Header, form};
use crate::files::table::cell::Cell;
use crate::files::table::error::TableError;
use crate::files::table::selection::check_count;
use std::cmp::Ordering;

/// Type and shape of an array of rows and columns.
#[derive(Clone, Debug)]
pub(in crate::files::table) struct Array {
    pub element: Element,
    /// Whether it is stored column after column.
    pub is_by_column: bool,
    pub rows: u64,
    pub columns: usize,
}

impl Array {
    /// An array of one or two dimensions, of a type that is read.
    pub(in crate::files::table) fn new(header: &Header) -> Result<Self, TableError> {
        let (rows, columns) = match header.shape[..] {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => return Err(form(format!("its shape is {}", header.shape_text()))),
        };
        check_count(columns)?;
        let element = Element::of(&header.descr)
            .ok_or_else(|| form(format!("its type is `{}`, which is not read", header.descr)))?;
        let bytes = rows.checked_mul(columns).and_then(|count| count.checked_mul(element.bytes as u64));
        if bytes.is_none_or(|bytes| bytes > i64::MAX as u64) || columns == 0 {
            return Err(form(format!("its shape is {}", header.shape_text())));
        }
        Ok(Self { element, is_by_column: header.is_by_column && columns > 1, rows, columns: columns as usize })
    }

    /// The length of a row.
    pub(in crate::files::table) const fn row_bytes(&self) -> usize {
        self.columns * self.element.bytes
    }

    /// The length of all rows.
    const fn data_bytes(&self) -> u64 {
        self.rows * self.row_bytes() as u64
    }

    /// The cell of a column in the bytes of a row.
    pub(in crate::files::table) fn cell<'b>(&self, row: &'b [u8], column: usize) -> Cell<'b> {
        let size = self.element.bytes;
        self.element.cell(&row[column * size..][..size])
    }

    /// The names of the columns: their numbers.
    pub(in crate::files::table) fn column_names(&self) -> Vec<String> {
        (0..self.columns).map(|column| column.to_string()).collect()
    }

    /// Checks how long the data are, where that is known before they are read.
    pub(in crate::files::table) fn check_length(&self, length: u64) -> Result<(), TableError> {
        match length.cmp(&self.data_bytes()) {
            Ordering::Equal => Ok(()),
            Ordering::Greater => Err(bytes_behind()),
            Ordering::Less if self.is_by_column => {
                // the last column is the one that is cut off first
                let column_bytes = self.rows * self.element.bytes as u64;
                let of_last = length.saturating_sub(column_bytes * (self.columns as u64 - 1));
                Err(TableError::CutOff { row: of_last / self.element.bytes as u64, rows: self.rows })
            }
            Ordering::Less => Err(TableError::CutOff { row: length / self.row_bytes() as u64, rows: self.rows }),
        }
    }
}

pub(super) fn bytes_behind() -> TableError {
    form("behind the array stand other bytes".to_owned())
}
