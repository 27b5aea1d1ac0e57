//! Columns of numbers as one matrix.

use super::any::Table;
use super::cell::{Cell, Mismatch};
use super::error::{Listed, RowFault, TableError};
use super::input::TableInput;
use super::rows::Summary;
use super::selection::{Column, Wanted};
use crate::Progress;
use schema::Kind;

/// Numbers in rows and columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// Row after row, a number a column.
    pub values: Vec<f32>,
    /// What was read; the matrix has as many rows as were handed on.
    pub summary: Summary,
}

/// Reads columns of numbers: those named, in that order, or all that hold numbers. Text without types is one of numbers
/// if its first rows are.
///
/// Each number is read as a double and rounded once to the nearest `f32`. Every row must have all of them. The matrix
/// takes at most `memory_bytes`, and while it grows at most twice its size.
///
/// # Errors
/// [`TableError::Memory`] if the matrix takes more than `memory_bytes`; [`TableError::NoNumbers`] if no column holds
/// numbers; those of [`read_rows`](crate::read_rows).
pub fn read_matrix(
    input: &TableInput,
    columns: Option<&[String]>,
    memory_bytes: u64,
    progress: &Progress<'_>,
) -> Result<Matrix, TableError> {
    let table = Table::open(input)?;
    let there = table.names().to_vec();
    let (wanted, places);
    let (wanted, names) = match columns {
        Some(columns) => {
            let column = |name: &String| Column { name: name.clone(), kind: Kind::Number, required: true };
            wanted = columns.iter().map(column).collect::<Vec<_>>();
            (Wanted::Named(&wanted), columns.to_vec())
        }
        None => {
            places = table.number_columns()?;
            if places.is_empty() {
                return Err(TableError::NoNumbers { there: Listed::new(&there) });
            }
            (Wanted::At(&places), places.iter().map(|place| there[*place].clone()).collect())
        }
    };
    let width = names.len().max(1);
    let most_rows = memory_bytes / size_of::<f32>() as u64 / width as u64;
    let mut values = Vec::new();
    let mut is_over = false;
    // one row more than fits tells that there are more
    let summary = table.read(wanted, most_rows.saturating_add(1), progress, &mut |_, cells| {
        if (values.len() / width) as u64 == most_rows {
            is_over = true;
            return Ok(());
        }
        push_row(&mut values, cells, &names)
    })?;
    if is_over {
        return Err(TableError::Memory { limit: memory_bytes });
    }
    Ok(Matrix { columns: names, values, summary })
}

/// Appends the numbers of a row, all of them or none.
fn push_row(values: &mut Vec<f32>, cells: &mut [Cell<'_>], names: &[String]) -> Result<(), RowFault> {
    let before = values.len();
    for (cell, name) in cells.iter_mut().zip(names) {
        match rounded(cell) {
            Ok(value) => values.push(value),
            Err(mismatch) => {
                values.truncate(before);
                return Err(mismatch.in_column(name));
            }
        }
    }
    Ok(())
}

fn rounded(cell: &mut Cell<'_>) -> Result<f32, Mismatch> {
    cell.settle(Kind::Number)?;
    match cell {
        Cell::Number(number) if (*number as f32).is_finite() => Ok(*number as f32),
        Cell::Number(_) => Err(Mismatch::with(cell, "a number that fits 32 bits")),
        _ => Err(Mismatch::new(cell, Kind::Number)),
    }
}
