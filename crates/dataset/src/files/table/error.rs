//! What can be wrong with a table, and where.
//!
//! A message does not repeat its cause: callers print the whole chain of causes.

use crate::error::DataError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// The longest text of a cell that a message quotes, in characters.
const QUOTED_CHARACTERS: usize = 40;
/// The most names that a message lists.
const LISTED_NAMES: usize = 20;

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The source failed, is not what it begins like, or is of a kind that must be converted first.
    #[error(transparent)]
    Source(#[from] DataError),
    /// A row that is none, where bad rows are refused.
    #[error("{0}")]
    BadRow(BadRow),
    /// What stands between or around the rows; reading cannot go on behind it.
    #[error("row {row} (counted from 0){}: {reason}", AtLine(*line))]
    Syntax {
        /// The row that was to be read, counted from 0.
        row: u64,
        /// The line it begins on, counted from 1, where there are lines.
        line: Option<u64>,
        /// What is wrong.
        reason: String,
    },
    /// A row that is longer than a row may be.
    #[error("row {row} (counted from 0){} is longer than {limit} bytes{hint}", AtLine(*line))]
    RowTooLong {
        /// Its position, counted from 0.
        row: u64,
        /// The line it begins on, counted from 1.
        line: Option<u64>,
        /// The most bytes of a row.
        limit: u64,
        /// What may be the reason.
        hint: &'static str,
    },
    /// The data ends before the last row that it announces.
    #[error("it is cut off in row {row} (counted from 0) of {rows}")]
    CutOff {
        /// The first row that is not whole.
        row: u64,
        /// As many as it announces.
        rows: u64,
    },
    /// A file of a known format that is none, or holds what is not read.
    #[error("not {expected}: {reason}")]
    Form {
        /// What it should be.
        expected: &'static str,
        /// What it is instead.
        reason: String,
    },
    /// A column that is needed and not there.
    #[error("there is no column `{name}`; there {there}")]
    MissingColumn {
        /// Its name.
        name: String,
        /// Those that are there.
        there: Listed,
    },
    /// A wanted column whose name stands for several.
    #[error("{count} columns are named `{name}`: rename all but one")]
    RepeatedColumn {
        /// Their name.
        name: String,
        /// How many.
        count: usize,
    },
    /// More columns than are read.
    #[error("it has {count} columns: the limit is {limit}")]
    TooManyColumns {
        /// How many there are.
        count: u64,
        /// The most that are read.
        limit: u64,
    },
    /// No column of numbers, where all of them were asked for.
    #[error("no column holds numbers; there {there}")]
    NoNumbers {
        /// The columns.
        there: Listed,
    },
    /// An archive of arrays in which the wanted one cannot be told.
    #[error("{problem}: the archive holds {there}")]
    Arrays {
        /// What is missing.
        problem: String,
        /// Names and shapes of its arrays.
        there: String,
    },
    /// What needs to be read as a whole from a stream, and is too long for it.
    #[error("{what} is read as a whole, and it is longer than {limit} bytes: {advice}")]
    TooLongForMemory {
        /// What it is.
        what: &'static str,
        /// The most bytes that are read into memory.
        limit: u64,
        /// What to do.
        advice: &'static str,
    },
    /// The numbers do not fit the memory they may take.
    #[error("the numbers take more than {limit} bytes: allow more memory, or choose fewer columns")]
    Memory {
        /// The most bytes they may take.
        limit: u64,
    },
    /// A format that this program was built without.
    #[error(
        "it is {found}, which this program was built without: build it with `cargo build --release --features parquet`"
    )]
    NotBuilt {
        /// The format.
        found: &'static str,
    },
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::Source(DataError::Read(error))
    }
}

/// A fault in a row, found by a reader or by the callback that takes the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The column it is in, if it is in one.
    pub column: Option<String>,
    /// What was found.
    pub found: String,
    /// What was expected instead.
    pub expected: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = &self.column {
            write!(formatter, "column `{column}`: ")?;
        }
        write!(formatter, "found {}, expected {}", self.found, self.expected)
    }
}

/// A row that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its position, counted from 0 in the order read, bad rows included.
    pub row: u64,
    /// The line it begins on, counted from 1, where there are lines.
    pub line: Option<u64>,
    /// What is wrong with it.
    pub fault: RowFault,
}

impl fmt::Display for BadRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "row {} (counted from 0){}: {}", self.row, AtLine(self.line), self.fault)
    }
}

struct AtLine(Option<u64>);

impl fmt::Display for AtLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(formatter, ", line {line}"),
            None => Ok(()),
        }
    }
}

/// Names of columns as a message lists them: the first of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed(String);

impl Listed {
    pub(super) fn new(names: &[String]) -> Self {
        let shown: Vec<String> = names.iter().take(LISTED_NAMES).map(|name| quoted(name)).collect();
        let text = match (names.len(), names.len().saturating_sub(LISTED_NAMES)) {
            (0, _) => "are none".to_owned(),
            (1, _) => format!("is {}", shown.concat()),
            (_, 0) => format!("are {}", shown.join(", ")),
            (_, more) => format!("are {} and {more} more", shown.join(", ")),
        };
        Self(text)
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text in backticks, its end left out where it is long.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
