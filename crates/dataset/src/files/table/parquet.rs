//! Apache Parquet, some thousand rows at a time and only the wanted columns.

use super::columnar;
use super::error::TableError;
use super::open::Opened;
use super::rows::Rows;
use super::seekable::Seekable;
use super::seekable_reader::SeekableReader;
use super::selection::{Wanted, check_count};
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::errors::{ParquetError, Result as ParquetResult};
use ::parquet::file::reader::{ChunkReader, Length};
use bytes::Bytes;
use rawzip::ReaderAt;
use std::io::BufReader;

/// Cells that are decoded at once.
const BATCH_CELLS: usize = 1 << 17;
const MOST_BATCH_ROWS: usize = 1 << 13;

/// A Parquet file whose schema has been read.
pub(super) struct ParquetTable {
    names: Vec<String>,
    builder: ParquetRecordBatchReaderBuilder<Seekable>,
}

impl ParquetTable {
    pub(super) fn open(opened: Opened) -> Result<Self, TableError> {
        let bytes = opened.into_seekable("a Parquet file")?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|error| damaged(&error))?;
        let names = columnar::names(builder.schema());
        check_count(names.len() as u64)?;
        Ok(Self { names, builder })
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn number_columns(&self) -> Vec<usize> {
        columnar::number_columns(self.builder.schema())
    }

    /// Reads all rows.
    pub(super) fn read(self, wanted: Wanted<'_>, rows: &mut Rows<'_>) -> Result<(), TableError> {
        let positions = wanted.positions(&self.names)?;
        rows.announce(u64::try_from(self.builder.metadata().file_metadata().num_rows()).unwrap_or(0));
        // a batch has each of them once, in the file's order
        let mut read: Vec<usize> = positions.iter().flatten().copied().collect();
        read.sort_unstable();
        read.dedup();
        let places: Vec<Option<usize>> =
            positions.iter().map(|position| read.binary_search(&(*position)?).ok()).collect();
        let batch_rows = (BATCH_CELLS / read.len().max(1)).clamp(1, MOST_BATCH_ROWS);
        let projection = ProjectionMask::roots(self.builder.parquet_schema(), read);
        let batches = self.builder.with_projection(projection).with_batch_size(batch_rows).build();
        for batch in batches.map_err(|error| damaged(&error))? {
            columnar::give(&batch.map_err(|error| damaged(&error))?, &places, rows)?;
            if rows.is_full() {
                break;
            }
        }
        Ok(())
    }
}

fn damaged(error: &dyn std::error::Error) -> TableError {
    TableError::Form { expected: "a Parquet file", reason: error.to_string() }
}

impl Length for Seekable {
    fn len(&self) -> u64 {
        self.length()
    }
}

impl ChunkReader for Seekable {
    type T = BufReader<SeekableReader>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(BufReader::new(SeekableReader::new(self.clone(), start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        // nothing is allocated for what the file says and has not
        if start.checked_add(length as u64).is_none_or(|end| end > self.length()) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} are not there")));
        }
        let mut bytes = vec![0; length];
        self.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}
