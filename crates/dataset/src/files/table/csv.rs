//! CSV: a header, then a record a row; cells in quotes may hold separators and lines.

use super::cell::Cell;
use super::error::{RowFault, TableError};
use super::input::{MAX_COLUMNS, MAX_ROW_BYTES};
use super::rows::Rows;
use super::selection::{Wanted, check_count};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::{BufRead, ErrorKind};

/// Those that are looked for, the first one where the header has none of them.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
const HINT: &str = ": a quotation mark may be open, or it is no CSV";

/// A CSV file whose header has been read.
pub(super) struct CsvTable<'a> {
    names: Vec<String>,
    records: Records<'a>,
}

impl<'a> CsvTable<'a> {
    /// `sample` is how the text begins.
    pub(super) fn open(text: Box<dyn BufRead + 'a>, sample: &[u8], delimiter: Option<u8>) -> Result<Self, TableError> {
        let mut records = Records::new(text, delimiter.unwrap_or_else(|| likely_delimiter(sample)));
        if records.next(0)?.is_none() {
            return Err(form("there is no header".to_owned()));
        }
        check_count(records.count as u64)?;
        let name = |place| match str::from_utf8(records.field(place)) {
            Ok(name) => Ok(name.trim_ascii().to_owned()),
            Err(_) => Err(form("its header is not UTF-8".to_owned())),
        };
        let names = (0..records.count).map(name).collect::<Result<_, _>>()?;
        Ok(Self { names, records })
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads all records behind the header.
    pub(super) fn read(self, wanted: Wanted<'_>, rows: &mut Rows<'_>) -> Result<(), TableError> {
        let Self { names, mut records } = self;
        let positions = wanted.positions(&names)?;
        while !rows.is_full() {
            let Some(line) = records.next(rows.position())? else { break };
            if records.count != names.len() {
                rows.refuse(Some(line), wrong_width(records.count, names.len()))?;
                continue;
            }
            let cells = positions.iter().map(|place| place.map_or(Cell::Absent, |place| cell(records.field(place))));
            rows.give(Some(line), &mut cells.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The records of a text, one after another.
struct Records<'a> {
    source: Box<dyn BufRead + 'a>,
    parser: Box<Reader>,
    /// Counted from 1.
    line: u64,
    /// The fields of the present record, without what separates and quotes them.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// How many there are.
    count: usize,
}

impl<'a> Records<'a> {
    fn new(source: Box<dyn BufRead + 'a>, delimiter: u8) -> Self {
        let parser = Box::new(ReaderBuilder::new().delimiter(delimiter).build());
        Self { source, parser, line: 1, bytes: vec![0; 1 << 10], ends: vec![0; 1 << 5], count: 0 }
    }

    /// A field of the present record.
    fn field(&self, place: usize) -> &[u8] {
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.bytes[begin..self.ends[place]]
    }

    /// Goes to the next record and gives the line that it begins on; nothing behind the last. `row` is its position, for
    /// errors.
    fn next(&mut self, row: u64) -> Result<Option<u64>, TableError> {
        self.skip_blank_lines()?;
        let (begin, mut read, mut written) = (self.line, 0, 0);
        self.count = 0;
        loop {
            let chunk = fill(&mut *self.source)?;
            let (result, taken, put, ended) =
                self.parser.read_record(chunk, &mut self.bytes[written..], &mut self.ends[self.count..]);
            self.line += newlines(&chunk[..taken]);
            self.source.consume(taken);
            read += taken as u64;
            written += put;
            self.count += ended;
            if read > MAX_ROW_BYTES {
                return Err(TableError::RowTooLong { row, line: Some(begin), limit: MAX_ROW_BYTES, hint: HINT });
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => {
                    check_count(self.count as u64)?;
                    self.ends.resize((2 * self.ends.len()).min(MAX_COLUMNS as usize + 1), 0);
                }
                ReadRecordResult::Record => return Ok(Some(begin)),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// The parser would pass over them, too, and not say how many there were.
    fn skip_blank_lines(&mut self) -> Result<(), TableError> {
        loop {
            let chunk = fill(&mut *self.source)?;
            let blank = chunk.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let is_done = blank < chunk.len() || chunk.is_empty();
            self.line += newlines(&chunk[..blank]);
            self.source.consume(blank);
            if is_done {
                return Ok(());
            }
        }
    }
}

/// What the source gives next; nothing at its end.
fn fill(source: &mut dyn BufRead) -> Result<&[u8], TableError> {
    while let Err(error) = source.fill_buf() {
        if error.kind() != ErrorKind::Interrupted {
            return Err(error.into());
        }
    }
    Ok(source.fill_buf()?)
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn cell(bytes: &[u8]) -> Cell<'_> {
    str::from_utf8(bytes).map_or(Cell::Other("bytes that are no UTF-8"), Cell::Untyped)
}

fn form(reason: String) -> TableError {
    TableError::Form { expected: "CSV", reason }
}

fn wrong_width(found: usize, expected: usize) -> RowFault {
    let cells = |count: usize| if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") };
    RowFault { column: None, found: cells(found), expected: format!("{} as in the header", cells(expected)) }
}

/// The delimiter that stands most often in the first line, outside quotation marks.
fn likely_delimiter(sample: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in sample {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            byte if !is_quoted => {
                if let Some(which) = DELIMITERS.iter().position(|delimiter| delimiter == byte) {
                    counts[which] += 1;
                }
            }
            _ => {}
        }
    }
    // of equal counts the first
    let most = (0..DELIMITERS.len()).rev().max_by_key(|which| counts[*which]);
    DELIMITERS[most.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_delimiter() {
        for (header, delimiter) in [
            ("a,b;c,d\n1;2;3;4", b','),
            ("a;b\n1,5;2,5", b';'),
            ("a\tb", b'\t'),
            ("\"a,b,c\";d", b';'),
            ("one", b','),
            ("a,b;c", b','),
            ("", b','),
        ] {
            assert_eq!(likely_delimiter(header.as_bytes()), delimiter, "{header}");
        }
    }
}
