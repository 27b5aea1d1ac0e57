//! The first rows of a table, as they are.

use super::any::Table;
use super::cell::Cell;
use super::error::TableError;
use super::input::TableInput;
use super::rows::Summary;
use super::selection::Wanted;
use serde_json::Value;

/// The first rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The columns' names.
    pub columns: Vec<String>,
    /// A value a column; text of formats without types as text, and `null` where there is nothing.
    pub rows: Vec<Vec<Value>>,
    /// What was read, up to the last of these rows.
    pub summary: Summary,
}

/// Reads the first rows of a table, at most `count`.
///
/// # Errors
/// The [`TableError`]s of a table that cannot be read up to there.
pub fn read_head(input: &TableInput, count: u64) -> Result<Head, TableError> {
    let table = Table::open(input)?;
    let columns = table.names().to_vec();
    let places: Vec<usize> = (0..columns.len()).collect();
    let mut rows = Vec::new();
    let summary = table.read(Wanted::At(&places), count, &|_, _, _| {}, &mut |_, cells| {
        rows.push(cells.iter().map(shown).collect());
        Ok(())
    })?;
    Ok(Head { columns, rows, summary })
}

/// A cell as JSON; a number that JSON has not as its text.
fn shown(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Absent | Cell::Null | Cell::Untyped("") => Value::Null,
        Cell::Untyped(text) => Value::from(*text),
        Cell::Number(number) => {
            serde_json::Number::from_f64(*number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        Cell::Whole(number) => match (i64::try_from(*number), u64::try_from(*number)) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            _ => number.to_string().into(),
        },
        Cell::Flag(flag) => Value::Bool(*flag),
        Cell::Text(text) => Value::from(&**text),
        Cell::Texts(texts) => texts.iter().map(|text| &**text).collect(),
        Cell::Other(what) => Value::from(*what),
    }
}
