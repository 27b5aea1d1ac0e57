//! One row: an object, from which the wanted values are taken.

use super::paths::{Key, Paths, ROOT};
use crate::files::table::cell::Cell;
use schema::MAX_DEPTH;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// Why a row is none.
pub(super) struct RowError {
    /// The column it is in.
    pub column: Option<usize>,
    is_repeated: bool,
    source: serde_json::Error,
}

impl RowError {
    pub(super) fn found(&self) -> String {
        if self.is_repeated { "it twice".to_owned() } else { format!("`{}`", self.source) }
    }

    pub(super) fn expected(&self) -> &'static str {
        if self.is_repeated { "each key once" } else { "a JSON object" }
    }
}

/// Puts the wanted values of the object in `text` into `cells`, one a column.
pub(super) fn parse<'de>(text: &'de [u8], paths: &Paths, cells: &mut [Cell<'de>]) -> Result<(), RowError> {
    let mut row = Row { paths, cells, repeated: None };
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read = ObjectSeed { row: &mut row, object: ROOT }.deserialize(&mut deserializer);
    let repeated = row.repeated;
    read.and_then(|()| deserializer.end()).map_err(|source| RowError {
        column: repeated,
        is_repeated: repeated.is_some(),
        source,
    })
}

struct Row<'p, 'c, 'de> {
    paths: &'p Paths,
    cells: &'c mut [Cell<'de>],
    /// A column that was given twice.
    repeated: Option<usize>,
}

impl<'de> Row<'_, '_, 'de> {
    fn put<E: Error>(&mut self, columns: &[usize], cell: Cell<'de>) -> Result<(), E> {
        let Some((last, others)) = columns.split_last() else { return Ok(()) };
        for column in others {
            self.put_one(*column, cell.clone())?;
        }
        self.put_one(*last, cell)
    }

    fn put_one<E: Error>(&mut self, column: usize, cell: Cell<'de>) -> Result<(), E> {
        if self.cells[column] != Cell::Absent {
            self.repeated = Some(column);
            return Err(E::custom("given twice"));
        }
        self.cells[column] = cell;
        Ok(())
    }
}

/// An object whose keys are looked up.
struct ObjectSeed<'r, 'p, 'c, 'de> {
    row: &'r mut Row<'p, 'c, 'de>,
    object: usize,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, '_, '_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let paths = self.row.paths;
        while let Some(key) = map.next_key_seed(KeySeed { paths, object: self.object })? {
            match key {
                Some(key) => map.next_value_seed(ValueSeed { row: &mut *self.row, key })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A key of an object, and what is wanted of it.
struct KeySeed<'p> {
    paths: &'p Paths,
    object: usize,
}

impl<'de, 'p> DeserializeSeed<'de> for KeySeed<'p> {
    type Value = Option<&'p Key>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for KeySeed<'p> {
    type Value = Option<&'p Key>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.paths.find(self.object, key))
    }
}

/// The value of a key that something is wanted of.
struct ValueSeed<'r, 'p, 'c, 'de> {
    row: &'r mut Row<'p, 'c, 'de>,
    key: &'p Key,
}

impl<'de> ValueSeed<'_, '_, '_, 'de> {
    /// The value is no object.
    fn put<E: Error>(self, cell: Cell<'de>) -> Result<(), E> {
        if let Some(object) = self.key.object
            && cell != Cell::Null
        {
            for column in self.row.paths.columns_in(object) {
                self.row.put_one(column, Cell::Other("a value where an object should be"))?;
            }
        }
        self.row.put(&self.key.columns, cell)
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_, '_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.put(Cell::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put(Cell::Whole(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.put(Cell::Whole(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.put(Cell::Number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.put(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(Cell::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut texts = Some(Vec::new());
        while let Some(element) = elements.next_element::<&'de RawValue>()? {
            let text = if element.get().starts_with('"') { serde_json::from_str(element.get()).ok() } else { None };
            match (text, &mut texts) {
                (Some(text), Some(texts)) => texts.push(Cow::<str>::Owned(text)),
                _ => texts = None,
            }
        }
        self.put(texts.map_or(Cell::Other("an array of other values than texts"), Cell::Texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { row, key } = self;
        row.put(&key.columns, Cell::Other("an object"))?;
        match key.object {
            Some(object) => ObjectSeed { row, object }.visit_map(map),
            None => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(())
            }
        }
    }
}

/// The columns of some rows, in the order in which they first occur.
#[derive(Default)]
pub(super) struct Names {
    names: Vec<String>,
    known: HashSet<String>,
}

impl Names {
    /// Adds those of one row; a row that is none has none.
    pub(super) fn add(&mut self, text: &[u8]) {
        if let Ok(Entries(entries)) = serde_json::from_slice(text) {
            self.add_entries("", entries, 1);
        }
    }

    fn add_entries(&mut self, prefix: &str, entries: Vec<(String, &RawValue)>, depth: usize) {
        for (key, value) in entries {
            let name = format!("{prefix}{key}");
            match serde_json::from_str(value.get()) {
                Ok(Entries(inner)) if depth < MAX_DEPTH => self.add_entries(&format!("{name}."), inner, depth + 1),
                _ if self.known.contains(&name) => {}
                _ => {
                    self.known.insert(name.clone());
                    self.names.push(name);
                }
            }
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

/// The keys and values of an object, in their order.
struct Entries<'de>(Vec<(String, &'de RawValue)>);

impl<'de> serde::Deserialize<'de> for Entries<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
