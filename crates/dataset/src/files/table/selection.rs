//! Which columns are wanted of those that are there.

use super::error::{Listed, TableError};
use super::input::MAX_COLUMNS;
use schema::Kind;

/// A column wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; for JSON the keys that lead to it, joined by dots.
    pub name: String,
    /// What it must hold.
    pub kind: Kind,
    /// Whether every row must hold something in it. A column that is not required may be missing altogether.
    pub required: bool,
}

/// The columns that a reader is asked for.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    Named(&'a [Column]),
    /// By their places among those that are there.
    At(&'a [usize]),
}

impl Wanted<'_> {
    /// Where each wanted column is; `None` for one that is not there and not required.
    pub(super) fn positions(self, there: &[String]) -> Result<Vec<Option<usize>>, TableError> {
        match self {
            Self::At(places) => {
                Ok(places.iter().map(|place| Some(*place).filter(|place| *place < there.len())).collect())
            }
            Self::Named(columns) => columns.iter().map(|column| position(column, there)).collect(),
        }
    }

    /// The names of the wanted columns.
    pub(super) fn names<'n>(&'n self, there: &'n [String]) -> Vec<&'n str> {
        match self {
            Self::At(places) => places.iter().filter_map(|place| there.get(*place)).map(String::as_str).collect(),
            Self::Named(columns) => columns.iter().map(|column| column.name.as_str()).collect(),
        }
    }
}

fn position(column: &Column, there: &[String]) -> Result<Option<usize>, TableError> {
    let mut places = (0..there.len()).filter(|place| there[*place] == column.name);
    let place = places.next();
    match (place, places.count()) {
        (None, _) if column.required => {
            Err(TableError::MissingColumn { name: column.name.clone(), there: Listed::new(there) })
        }
        (place, 0) => Ok(place),
        (_, more) => Err(TableError::RepeatedColumn { name: column.name.clone(), count: more + 1 }),
    }
}

/// Refuses more columns than are read.
pub(super) fn check_count(count: u64) -> Result<(), TableError> {
    if count > MAX_COLUMNS { Err(TableError::TooManyColumns { count, limit: MAX_COLUMNS }) } else { Ok(()) }
}
