//! Tables of people's own data: CSV, JSON, NumPy arrays and, with the feature `parquet`, Parquet and Arrow IPC; each plain or
//! compressed by gzip or zstd.
//!
//! A reader finds the wanted cells of a row (`cell::Cell`); one place makes of them what their columns must hold. Rows
//! are handed on one by one, so what a reader holds in memory is a block of the file or a row.

mod any;
#[cfg(feature = "parquet")]
mod arrow;
mod cell;
#[cfg(feature = "parquet")]
mod columnar;
mod csv;
mod error;
mod head;
mod input;
mod json;
mod matrix;
mod npy;
mod npz;
mod open;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
mod seekable;
#[cfg(feature = "parquet")]
mod seekable_reader;
mod selection;
mod survey;

use crate::Progress;
use any::Table;
use cell::{Cell, Mismatch, with_values};
pub use error::{BadRow, Listed, RowFault, TableError};
pub use head::{Head, read_head};
pub use input::{ArrayNames, Format, MAX_COLUMNS, MAX_ROW_BYTES, MAX_WHOLE_BYTES, TableInput, TableSource};
pub use matrix::{Matrix, read_matrix};
pub use rows::Summary;
use schema::Value;
pub use selection::Column;
use selection::Wanted;
pub use survey::{ColumnSurvey, NumberSurvey, Survey, survey};

/// Takes the values of a row at its position, and may find a fault in them.
pub type OnRow<'a> = dyn FnMut(u64, &[Value<'_>]) -> Result<(), RowFault> + 'a;

/// Calls `row` with the position of each row (counted from 0 in the order read, bad rows included) and one value for each of
/// `columns`: what its kind asks for, or [`Value::Missing`] where a column that is not required holds nothing.
///
/// Cells of CSV are read as what is asked for; an empty one is missing. What has a type is not converted from text, but
/// whole numbers and flags serve as texts, such as identifiers and labels. A [`RowFault`] from `row` counts like one that the
/// reader finds: with [`TableInput::skip_bad`] the row is counted and left out, otherwise it is the error.
///
/// # Errors
/// [`TableError::BadRow`] names the first bad row, unless these are left out; [`TableError::MissingColumn`] lists the columns
/// that there are; the others say what the source is, and where it is wrong.
///
/// ```
/// use dataset::{Column, TableInput, TableSource, read_rows};
/// use schema::{Kind, Value};
///
/// let input = TableInput::of(TableSource::Bytes(b"amount,label\n1.5,ok\n2,dispute\n"[..].into()));
/// let column = |name: &str, kind| Column { name: name.to_owned(), kind, required: true };
/// let columns = [column("amount", Kind::Number), column("label", Kind::Text)];
/// let mut total = 0.0;
/// let summary = read_rows(&input, &columns, &|_, _, _| {}, &mut |_, values| {
///     if let [Value::Number(amount), Value::Text(_)] = values {
///         total += amount;
///     }
///     Ok(())
/// })?;
/// assert_eq!((summary.rows, total), (2, 3.5));
/// # Ok::<(), dataset::TableError>(())
/// ```
pub fn read_rows(
    input: &TableInput,
    columns: &[Column],
    progress: &Progress<'_>,
    row: &mut OnRow<'_>,
) -> Result<Summary, TableError> {
    Table::open(input)?.read(Wanted::Named(columns), u64::MAX, progress, &mut |position, cells| {
        for (cell, column) in cells.iter_mut().zip(columns) {
            settle(cell, column).map_err(|mismatch| mismatch.in_column(&column.name))?;
        }
        with_values(cells, |values| row(position, values))
    })
}

fn settle(cell: &mut Cell<'_>, column: &Column) -> Result<(), Mismatch> {
    if column.required && cell.is_missing() {
        return Err(Mismatch::new(cell, column.kind));
    }
    cell.settle(column.kind)?;
    if column.required && cell.is_missing() { Err(Mismatch::new(cell, column.kind)) } else { Ok(()) }
}

/// The names of the columns: of JSON those of the first rows, the keys that lead to a value joined by dots.
///
/// # Errors
/// The [`TableError`]s of a table that cannot be read up to its header.
pub fn columns_of(input: &TableInput) -> Result<Vec<String>, TableError> {
    Ok(Table::open(input)?.names().to_vec())
}
