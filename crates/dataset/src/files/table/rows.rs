//! Where readers put their rows: counted, refused or handed on.

use super::cell::Cell;
use super::error::{BadRow, RowFault, TableError};
use super::input::Format;
use crate::Progress;

/// Bad rows that are kept in detail; all are counted.
const DETAILED: usize = 20;
/// Rows between two calls of a progress.
const ROWS_PER_PROGRESS: u64 = 1 << 16;
const READING: &str = "reading rows";

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What the table is written in.
    pub format: Format,
    /// Rows that were handed on.
    pub rows: u64,
    /// Rows that were left out because something is wrong with them.
    pub bad: u64,
    /// The first twenty of these.
    pub first_bad: Vec<BadRow>,
}

/// Takes the cells of a row at a position, and may find a fault in them.
pub(super) type EachRow<'a> = dyn FnMut(u64, &mut [Cell<'_>]) -> Result<(), RowFault> + 'a;

/// The rows of one table.
pub(super) struct Rows<'a> {
    each: &'a mut EachRow<'a>,
    progress: &'a Progress<'a>,
    /// As many as the table announces; 0 where that is not known.
    announced: u64,
    limit: u64,
    skip_bad: bool,
    summary: Summary,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        format: Format,
        skip_bad: bool,
        limit: u64,
        progress: &'a Progress<'a>,
        each: &'a mut EachRow<'a>,
    ) -> Self {
        let summary = Summary { format, rows: 0, bad: 0, first_bad: Vec::new() };
        Self { each, progress, announced: 0, limit, skip_bad, summary }
    }

    /// Tells how many rows there will be.
    pub(super) fn announce(&mut self, rows: u64) {
        self.announced = rows;
        (self.progress)(READING, 0, rows);
    }

    /// The position of the next row.
    pub(super) fn position(&self) -> u64 {
        self.summary.rows + self.summary.bad
    }

    /// Whether no more rows are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.summary.rows == self.limit
    }

    /// Hands on the next row.
    pub(super) fn give(&mut self, line: Option<u64>, cells: &mut [Cell<'_>]) -> Result<(), TableError> {
        let position = self.position();
        match (self.each)(position, cells) {
            Ok(()) => {
                self.summary.rows += 1;
                self.report();
                Ok(())
            }
            Err(fault) => self.refuse(line, fault),
        }
    }

    /// The next row is none.
    pub(super) fn refuse(&mut self, line: Option<u64>, fault: RowFault) -> Result<(), TableError> {
        let bad = BadRow { row: self.position(), line, fault };
        if !self.skip_bad {
            return Err(TableError::BadRow(bad));
        }
        self.summary.bad += 1;
        if self.summary.first_bad.len() < DETAILED {
            self.summary.first_bad.push(bad);
        }
        self.report();
        Ok(())
    }

    /// What was read, once the reader is through.
    pub(super) fn finish(self) -> Summary {
        let done = self.position();
        (self.progress)(READING, done, done);
        self.summary
    }

    fn report(&self) {
        let done = self.position();
        if done.is_multiple_of(ROWS_PER_PROGRESS) {
            (self.progress)(READING, done, self.announced);
        }
    }
}
