//! The Arrow IPC format, as a file (Feather) or as a stream.

use super::columnar;
use super::error::TableError;
use super::open::Opened;
use super::rows::Rows;
use super::seekable_reader::SeekableReader;
use super::selection::{Wanted, check_count};
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use std::io::{BufRead, BufReader};

const FILE_MAGIC: &[u8] = b"ARROW1";

/// Arrow data whose schema has been read.
pub(super) struct ArrowTable {
    names: Vec<String>,
    batches: Batches,
}

enum Batches {
    File(FileReader<BufReader<SeekableReader>>),
    Stream(StreamReader<Box<dyn BufRead>>),
}

impl ArrowTable {
    pub(super) fn open(opened: Opened) -> Result<Self, TableError> {
        let batches = if opened.sample.starts_with(FILE_MAGIC) {
            let bytes = opened.into_seekable("an Arrow file")?;
            Batches::File(FileReader::try_new(BufReader::new(SeekableReader::new(bytes, 0)), None).map_err(damaged)?)
        } else {
            Batches::Stream(StreamReader::try_new(opened.stream, None).map_err(damaged)?)
        };
        let names = columnar::names(&batches.schema());
        check_count(names.len() as u64)?;
        Ok(Self { names, batches })
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn number_columns(&self) -> Vec<usize> {
        columnar::number_columns(&self.batches.schema())
    }

    /// Reads all rows.
    pub(super) fn read(mut self, wanted: Wanted<'_>, rows: &mut Rows<'_>) -> Result<(), TableError> {
        let places = wanted.positions(&self.names)?;
        while !rows.is_full() {
            let Some(batch) = self.batches.next() else { break };
            columnar::give(&batch.map_err(damaged)?, &places, rows)?;
        }
        Ok(())
    }
}

impl Batches {
    fn schema(&self) -> SchemaRef {
        match self {
            Self::File(reader) => reader.schema(),
            Self::Stream(reader) => reader.schema(),
        }
    }

    fn next(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        match self {
            Self::File(reader) => reader.next(),
            Self::Stream(reader) => reader.next(),
        }
    }
}

fn damaged(error: ArrowError) -> TableError {
    TableError::Form { expected: "Arrow IPC data", reason: error.to_string() }
}
