//! Entry points of the fuzzers: any bytes, no panic, and equal rows from every reading function.
//!
//! The workspace `fuzz` gives it random bytes; the test below gives it the committed ones.

use crate::{Column, Format, TableInput, TableSource, columns_of, read_head, read_matrix, read_rows, survey};
use schema::{Kind, Value};

/// The memory that a matrix may take.
const MATRIX_BYTES: u64 = 1 << 20;

/// A table: the first byte says in which format, the others are it. Parquet and Arrow IPC are taken apart by others' code.
pub fn table(bytes: &[u8]) {
    const FORMATS: [Option<Format>; 6] =
        [None, Some(Format::Csv), Some(Format::Json), Some(Format::JsonLines), Some(Format::Npy), Some(Format::Npz)];
    let Some((first, table)) = bytes.split_first() else { return };
    let format = FORMATS[usize::from(*first) % FORMATS.len()];
    let input = TableInput { format, skip_bad: true, ..TableInput::of(TableSource::Bytes(table.into())) };
    let quiet = |_: &'static str, _: u64, _: u64| {};
    let Ok(names) = columns_of(&input) else {
        assert!(survey(&input, &quiet).is_err(), "without columns there are no rows");
        return;
    };
    if let Ok(found) = survey(&input, &quiet) {
        assert_eq!(found.columns.len(), names.len());
        let head = read_head(&input, u64::MAX).expect("what is read once is read again");
        assert_eq!(head.rows.len() as u64, found.summary.rows);
    }
    if let Ok(matrix) = read_matrix(&input, None, MATRIX_BYTES, &quiet) {
        assert_eq!(matrix.values.len() as u64, matrix.summary.rows * matrix.columns.len() as u64);
        assert!(matrix.values.iter().all(|value| value.is_finite()));
    }
    for kind in [Kind::Number, Kind::Flag, Kind::Text, Kind::Time, Kind::Texts] {
        let columns: Vec<Column> =
            names.iter().take(8).map(|name| Column { name: name.clone(), kind, required: false }).collect();
        // what is wrong with the table is said by its error, and must be fit to be printed
        if let Err(error) = read_rows(&input, &columns, &quiet, &mut |_, values| {
            assert!(values.iter().all(|value| is_of(value, kind)), "{values:?} asked for as {kind:?}");
            Ok(())
        }) {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn is_of(value: &Value<'_>, kind: Kind) -> bool {
    match value {
        Value::Missing => true,
        Value::Number(number) => kind == Kind::Number && number.is_finite(),
        Value::Flag(_) => kind == Kind::Flag,
        Value::Text(_) => matches!(kind, Kind::Text | Kind::Time),
        Value::Texts(_) => kind == Kind::Texts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_tables_are_read_or_refused() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/table");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.len() > 10, "{folder} holds inputs");
        for file in files {
            table(&std::fs::read(file).unwrap());
        }
    }
}
