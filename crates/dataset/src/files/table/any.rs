//! A table of any format, opened.

#[cfg(feature = "parquet")]
use super::arrow::ArrowTable;
use super::cell::Cell;
use super::csv::CsvTable;
use super::error::TableError;
use super::input::{Format, TableInput};
use super::json::{JsonTable, Layout};
use super::npy::NpyTable;
use super::npz::NpzTable;
use super::open::{Opened, SAMPLE_BYTES};
#[cfg(feature = "parquet")]
use super::parquet::ParquetTable;
use super::rows::{EachRow, Rows, Summary};
use super::selection::Wanted;
use crate::Progress;
use schema::Kind;
use std::io::BufRead;

/// A table whose columns are known.
pub(super) struct Table<'a> {
    format: Format,
    skip_bad: bool,
    reader: Reader<'a>,
}

enum Reader<'a> {
    Text {
        table: TextTable<'a>,
        delimiter: Option<u8>,
        sample: Vec<u8>,
    },
    Npy(NpyTable),
    Npz(NpzTable),
    #[cfg(feature = "parquet")]
    Parquet(ParquetTable),
    #[cfg(feature = "parquet")]
    Arrow(ArrowTable),
}

/// A table in a format whose columns have no type.
enum TextTable<'a> {
    Csv(CsvTable<'a>),
    Json(JsonTable<'a>),
}

impl Table<'static> {
    pub(super) fn open(input: &TableInput) -> Result<Self, TableError> {
        let opened = Opened::new(input)?;
        let format = opened.format;
        let reader = match format {
            Format::Csv | Format::Json | Format::JsonLines => {
                let (text, sample) = opened.into_text()?;
                let table = TextTable::open(format, text, &sample, input.delimiter)?;
                Reader::Text { table, delimiter: input.delimiter, sample }
            }
            Format::Npy => Reader::Npy(NpyTable::open(opened)?),
            Format::Npz => Reader::Npz(NpzTable::open(opened, &input.arrays)?),
            #[cfg(feature = "parquet")]
            Format::Parquet => Reader::Parquet(ParquetTable::open(opened)?),
            #[cfg(feature = "parquet")]
            Format::Arrow => Reader::Arrow(ArrowTable::open(opened)?),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(TableError::NotBuilt { found: "a Parquet file" }),
            #[cfg(not(feature = "parquet"))]
            Format::Arrow => return Err(TableError::NotBuilt { found: "Arrow IPC data" }),
        };
        Ok(Self { format, skip_bad: input.skip_bad, reader })
    }
}

impl Table<'_> {
    /// The names of its columns.
    pub(super) fn names(&self) -> &[String] {
        match &self.reader {
            Reader::Text { table, .. } => table.names(),
            Reader::Npy(table) => table.names(),
            Reader::Npz(table) => table.names(),
            #[cfg(feature = "parquet")]
            Reader::Parquet(table) => table.names(),
            #[cfg(feature = "parquet")]
            Reader::Arrow(table) => table.names(),
        }
    }

    /// The places of the columns that hold numbers: by their types, or by the first rows where they have none.
    pub(super) fn number_columns(&self) -> Result<Vec<usize>, TableError> {
        match &self.reader {
            Reader::Text { table, delimiter, sample } => {
                let sample = whole_lines(sample);
                let again = TextTable::open(self.format, Box::new(sample), sample, *delimiter)?;
                Ok(sampled_numbers(again, self.format, table.names().len()))
            }
            Reader::Npy(table) => Ok(table.number_columns()),
            Reader::Npz(table) => Ok(table.number_columns()),
            #[cfg(feature = "parquet")]
            Reader::Parquet(table) => Ok(table.number_columns()),
            #[cfg(feature = "parquet")]
            Reader::Arrow(table) => Ok(table.number_columns()),
        }
    }

    /// Hands on the wanted cells of all rows, or of the first `limit` good ones.
    pub(super) fn read(
        self,
        wanted: Wanted<'_>,
        limit: u64,
        progress: &Progress<'_>,
        each: &mut EachRow<'_>,
    ) -> Result<Summary, TableError> {
        let mut rows = Rows::new(self.format, self.skip_bad, limit, progress, each);
        match self.reader {
            Reader::Text { table, .. } => table.read(wanted, &mut rows)?,
            Reader::Npy(table) => table.read(wanted, &mut rows)?,
            Reader::Npz(table) => table.read(wanted, &mut rows)?,
            #[cfg(feature = "parquet")]
            Reader::Parquet(table) => table.read(wanted, &mut rows)?,
            #[cfg(feature = "parquet")]
            Reader::Arrow(table) => table.read(wanted, &mut rows)?,
        }
        Ok(rows.finish())
    }
}

impl<'a> TextTable<'a> {
    fn open(
        format: Format,
        text: Box<dyn BufRead + 'a>,
        sample: &[u8],
        delimiter: Option<u8>,
    ) -> Result<Self, TableError> {
        match format {
            Format::Json => Ok(Self::Json(JsonTable::open(text, sample, Layout::Array)?)),
            Format::JsonLines => Ok(Self::Json(JsonTable::open(text, sample, Layout::Lines)?)),
            _ => Ok(Self::Csv(CsvTable::open(text, sample, delimiter)?)),
        }
    }

    fn names(&self) -> &[String] {
        match self {
            Self::Csv(table) => table.names(),
            Self::Json(table) => table.names(),
        }
    }

    fn read(self, wanted: Wanted<'_>, rows: &mut Rows<'_>) -> Result<(), TableError> {
        match self {
            Self::Csv(table) => table.read(wanted, rows),
            Self::Json(table) => table.read(wanted, rows),
        }
    }
}

/// A sample without the line that it cuts off.
fn whole_lines(sample: &[u8]) -> &[u8] {
    let is_cut = sample.len() as u64 >= SAMPLE_BYTES - UTF8_MARK_BYTES;
    match sample.iter().rposition(|byte| *byte == b'\n') {
        Some(last) if is_cut => &sample[..=last],
        _ => sample,
    }
}

/// A sample may have lost so many bytes since it was taken.
const UTF8_MARK_BYTES: u64 = 3;

/// The columns in which all cells of a sample that hold something hold numbers, and some do.
fn sampled_numbers(sample: TextTable<'_>, format: Format, columns: usize) -> Vec<usize> {
    let places: Vec<usize> = (0..columns).collect();
    let (mut numbers, mut others) = (vec![false; columns], vec![false; columns]);
    let mut each = |_: u64, cells: &mut [Cell<'_>]| {
        for ((cell, is_number), is_other) in cells.iter_mut().zip(&mut numbers).zip(&mut others) {
            match cell.settle(Kind::Number) {
                Ok(()) => *is_number |= !cell.is_missing(),
                Err(_) => *is_other = true,
            }
        }
        Ok(())
    };
    let mut rows = Rows::new(format, true, u64::MAX, &|_, _, _| {}, &mut each);
    // where the sample ends inside a row, what was read before it counts
    let _ended = sample.read(Wanted::At(&places), &mut rows);
    places.into_iter().filter(|place| numbers[*place] && !others[*place]).collect()
}
