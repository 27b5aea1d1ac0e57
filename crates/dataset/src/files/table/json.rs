//! JSON: one array of objects, or an object a line. Each row is taken out of the text as a piece, then parsed.

mod paths;
mod pieces;
mod row;

use super::cell::Cell;
use super::error::{RowFault, TableError};
use super::rows::Rows;
use super::selection::{Wanted, check_count};
use paths::Paths;
pub(super) use pieces::Layout;
use pieces::Pieces;
use std::io::BufRead;

/// Rows at the beginning that tell which columns there are.
const SAMPLED_ROWS: usize = 1000;

/// A JSON file of which the beginning has been looked at.
pub(super) struct JsonTable<'a> {
    names: Vec<String>,
    text: Box<dyn BufRead + 'a>,
    layout: Layout,
}

impl<'a> JsonTable<'a> {
    /// `sample` is how the text begins; the columns are those of its rows.
    pub(super) fn open(text: Box<dyn BufRead + 'a>, sample: &[u8], layout: Layout) -> Result<Self, TableError> {
        let mut found = row::Names::default();
        let mut pieces = Pieces::new(Box::new(sample), layout);
        let mut piece = Vec::new();
        for row in 0..SAMPLED_ROWS {
            // where the sample ends, or is wrong, is for the reading itself to say
            let Ok(Some(_)) = pieces.next(&mut piece, row as u64) else { break };
            found.add(&piece);
        }
        let names = found.into_names();
        check_count(names.len() as u64)?;
        Ok(Self { names, text, layout })
    }

    /// The keys that lead to values, joined by dots.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads all rows.
    pub(super) fn read(self, wanted: Wanted<'_>, rows: &mut Rows<'_>) -> Result<(), TableError> {
        let names = wanted.names(&self.names);
        let paths = Paths::new(&names);
        let mut pieces = Pieces::new(self.text, self.layout);
        let mut piece = Vec::new();
        while !rows.is_full() {
            let Some(line) = pieces.next(&mut piece, rows.position())? else { break };
            let mut cells = vec![Cell::Absent; names.len()];
            match row::parse(&piece, &paths, &mut cells) {
                Ok(()) => rows.give(Some(line), &mut cells)?,
                Err(error) => rows.refuse(Some(line), not_an_object(&error, &names))?,
            }
        }
        Ok(())
    }
}

fn not_an_object(error: &row::RowError, names: &[&str]) -> RowFault {
    let column = error.column.map(|column| names[column].to_owned());
    RowFault { column, found: error.found(), expected: error.expected().to_owned() }
}
