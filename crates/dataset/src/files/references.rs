//! The text of a references file: writer, SHA-256, and the streaming reader.

use super::row::Row;
use super::source::open;
use crate::Progress;
use crate::error::DataError;
use crate::number::push_scaled;
use crate::references::{MAX_REFERENCES, References};
use rayon::prelude::*;
use serde::Deserializer as _;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use sha2::{Digest, Sha256};
use space::{Label, Point};
use std::fmt;
use std::io::{self, Read, Write};

/// Rows that are formatted as one piece of text, about 200 KB.
const PIECE_ROWS: usize = 2048;
/// Pieces that are in memory at once.
const PIECES: usize = 32;
/// Rows that are read between two calls of a progress.
const ROWS_PER_PROGRESS: u64 = 1 << 16;

/// What [`read_references`] found.
#[derive(Debug, Default)]
pub struct ReadReferences {
    /// The references, in file order.
    pub references: References,
    /// Values that were not multiples of 0.0001 and have been rounded to one, halves away from zero.
    pub rounded: u64,
}

/// Streams references: one JSON array as in `references.json`, or JSON Lines; gzip and zstd are recognised by their
/// first bytes.
///
/// While the end is not known, progress gets a total of 0.
///
/// # Errors
/// [`DataError::Reference`] names the first element that is no reference: a value outside [-1, 1], a vector that has not
/// 14 dimensions, an unknown label, an unknown, duplicate or missing key, or one reference too many
/// ([`MAX_REFERENCES`]). [`DataError::Shape`] stands for text around the array, [`DataError::Read`] for a failing
/// source, [`DataError::NotRead`] for one that must be converted first.
pub fn read_references(source: impl Read, progress: &Progress<'_>) -> Result<ReadReferences, DataError> {
    read_at_most(MAX_REFERENCES, Box::new(source), progress)
}

/// Writes the published text: one JSON array without white space and a newline. Progress counts references.
///
/// # Errors
///
/// [`DataError::Write`] if the destination fails.
pub fn write_references(
    references: &References,
    mut out: impl Write,
    progress: &Progress<'_>,
) -> Result<(), DataError> {
    write_text(references, &mut out, "writing references", progress)
        .and_then(|()| out.flush())
        .map_err(DataError::Write)
}

/// SHA-256 in hex of the uncompressed references text.
pub fn references_sha256(references: &References) -> String {
    references_sha256_with(references, &|_, _, _| {})
}

/// [`references_sha256`] that tells how far it is.
pub(crate) fn references_sha256_with(references: &References, progress: &Progress<'_>) -> String {
    let mut hasher = HashWriter(Sha256::new());
    write_text(references, &mut hasher, "hashing references", progress).expect("a hasher takes every write");
    hasher.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct HashWriter(Sha256);

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_text(
    references: &References,
    out: &mut dyn Write,
    phase: &'static str,
    progress: &Progress<'_>,
) -> io::Result<()> {
    let total = references.vectors.len() as u64;
    progress(phase, 0, total);
    out.write_all(b"[")?;
    let mut pieces = vec![Vec::new(); PIECES];
    let batch_rows = PIECES * PIECE_ROWS;
    let batches = references.vectors.chunks(batch_rows).zip(references.labels.chunks(batch_rows));
    for (batch, (vectors, labels)) in batches.enumerate() {
        let done = batch * batch_rows;
        if done > 0 {
            progress(phase, done as u64, total);
        }
        let rows = vectors.par_chunks(PIECE_ROWS).zip(labels.par_chunks(PIECE_ROWS));
        pieces.par_iter_mut().zip(rows).for_each(|(piece, (vectors, labels))| format_piece(piece, vectors, labels));
        for (number, piece) in pieces.iter().take(vectors.len().div_ceil(PIECE_ROWS)).enumerate() {
            // a comma stands before each row, but not before the first of all
            let is_first = done == 0 && number == 0;
            out.write_all(&piece[usize::from(is_first)..])?;
        }
    }
    out.write_all(b"]\n")?;
    progress(phase, total, total);
    Ok(())
}

/// Rows with a comma before each.
fn format_piece(piece: &mut Vec<u8>, vectors: &[Point], labels: &[Label]) {
    piece.clear();
    for (vector, label) in vectors.iter().zip(labels) {
        piece.extend_from_slice(b",{\"vector\":[");
        for (dimension, &value) in vector.values().iter().enumerate() {
            if dimension > 0 {
                piece.push(b',');
            }
            push_scaled(piece, value);
        }
        piece.extend_from_slice(b"],\"label\":\"");
        piece.extend_from_slice(label.name().as_bytes());
        piece.extend_from_slice(b"\"}");
    }
}

fn read_at_most(limit: u64, source: Box<dyn Read + '_>, progress: &Progress<'_>) -> Result<ReadReferences, DataError> {
    progress(READING, 0, 0);
    let mut rows = Rows { found: ReadReferences::default(), limit, progress, begun: None };
    let outcome = rows.read(open(source)?);
    let total = rows.found.references.labels.len() as u64;
    outcome.map_err(|source| match source {
        source if source.is_io() => DataError::Read(source.into()),
        source => match rows.begun {
            Some(Form::Array | Form::Lines) => DataError::Reference { element: total, source },
            Some(Form::EndedArray) => DataError::Shape { expected: "one array of references and no more", source },
            None => DataError::Shape { expected: "references, an array or one object a line", source },
        },
    })?;
    progress(READING, total, total);
    Ok(rows.found)
}

const READING: &str = "reading references";

/// How the rows of a file stand in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Array,
    EndedArray,
    /// JSON Lines.
    Lines,
}

/// A file's rows, one by one.
struct Rows<'a, 'p> {
    found: ReadReferences,
    limit: u64,
    progress: &'a Progress<'p>,
    /// What an error is in.
    begun: Option<Form>,
}

impl Rows<'_, '_> {
    fn read(&mut self, text: impl Read) -> serde_json::Result<()> {
        let mut deserializer = serde_json::Deserializer::from_reader(text);
        deserializer.deserialize_any(&mut *self)?;
        if self.begun != Some(Form::Lines) {
            return deserializer.end();
        }
        deserializer.into_iter().try_for_each(|row| self.push(row?))
    }

    fn push<E: Error>(&mut self, row: Row) -> Result<(), E> {
        let Self { found: ReadReferences { references, rounded }, limit, progress, .. } = self;
        let before = references.labels.len() as u64;
        if before == *limit {
            return Err(E::custom(format_args!("one too many: the limit is {limit} references")));
        }
        references.vectors.push(row.vector);
        references.labels.push(row.label);
        *rounded += u64::from(row.rounded);
        let done = before + 1;
        if done.is_multiple_of(ROWS_PER_PROGRESS) {
            progress(READING, done, 0);
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for &mut Rows<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("references")
    }

    /// An array of all rows.
    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        self.begun = Some(Form::Array);
        while let Some(row) = rows.next_element()? {
            self.push(row)?;
        }
        self.begun = Some(Form::EndedArray);
        Ok(())
    }

    /// The first of rows without an array around them.
    fn visit_map<A: MapAccess<'de>>(self, row: A) -> Result<(), A::Error> {
        self.begun = Some(Form::Lines);
        self.push(Row::from_map(row)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reference_too_many_is_refused() {
        let row = r#"{"vector":[0,0,0,0,0,0,0,0,0,0,0,0,0,0],"label":"legit"}"#;
        let text = format!("[{row},{row},{row}]");
        assert_eq!(read_at_most(3, Box::new(text.as_bytes()), &|_, _, _| {}).unwrap().references.labels.len(), 3);
        let error = read_at_most(2, Box::new(text.as_bytes()), &|_, _, _| {}).unwrap_err();
        assert!(matches!(error, DataError::Reference { element: 2, .. }), "{error:?}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("the limit is 2 references"), "{cause}");
    }
}
