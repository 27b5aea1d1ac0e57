//! Takes the rows out of a JSON text, one after another: an element of the array, or a line.

use crate::files::table::error::TableError;
use crate::files::table::input::MAX_ROW_BYTES;
use std::io::{BufRead, ErrorKind};

const ENDS_INSIDE: &str = "the text ends inside the array";

/// How the rows stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files::table) enum Layout {
    /// One array of all of them.
    Array,
    /// One a line.
    Lines,
}

/// The rows of a text as pieces of it, whatever they hold.
pub(super) struct Pieces<'a> {
    source: Box<dyn BufRead + 'a>,
    layout: Layout,
    /// Counted from 1.
    line: u64,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the array.
    Before,
    /// Behind its opening bracket.
    Opened,
    /// Behind a row.
    BehindRow,
    /// Behind all.
    Ended,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(source: Box<dyn BufRead + 'a>, layout: Layout) -> Self {
        Self { source, layout, line: 1, place: Place::Before }
    }

    /// Puts the next row into `piece` and gives the line that it begins on; nothing behind the last. `row` is its
    /// position, for errors.
    pub(super) fn next(&mut self, piece: &mut Vec<u8>, row: u64) -> Result<Option<u64>, TableError> {
        piece.clear();
        match self.layout {
            Layout::Lines => self.next_line(piece, row),
            Layout::Array => self.next_element(piece, row),
        }
    }

    /// The next line that is not blank.
    fn next_line(&mut self, piece: &mut Vec<u8>, row: u64) -> Result<Option<u64>, TableError> {
        loop {
            let line = self.line;
            let is_end =
                self.take(piece, row, |chunk| chunk.iter().position(|byte| *byte == b'\n').map(|end| end + 1))?;
            let is_blank = piece.trim_ascii().is_empty();
            if !is_blank {
                return Ok(Some(line));
            }
            if is_end {
                return Ok(None);
            }
            piece.clear();
        }
    }

    /// The next element of the array.
    fn next_element(&mut self, piece: &mut Vec<u8>, row: u64) -> Result<Option<u64>, TableError> {
        if self.place == Place::Ended {
            return Ok(None);
        }
        if self.place == Place::Before {
            self.expect(b'[', "it does not begin with an array", row)?;
            self.place = Place::Opened;
        }
        match self.peek()? {
            None => return Err(self.wrong(row, ENDS_INSIDE)),
            Some(b']') => return self.end_array(row),
            Some(_) => {}
        }
        if self.place == Place::BehindRow {
            self.expect(b',', "no comma between two rows", row)?;
        }
        self.place = Place::BehindRow;
        let line = match self.peek()? {
            None => return Err(self.wrong(row, ENDS_INSIDE)),
            Some(_) => self.line,
        };
        let mut scan = Scan::default();
        if self.take(piece, row, |chunk| scan.end(chunk))? {
            return Err(self.wrong(row, ENDS_INSIDE));
        }
        if piece.is_empty() {
            return Err(self.wrong(row, "a comma without a row"));
        }
        Ok(Some(line))
    }

    fn end_array(&mut self, row: u64) -> Result<Option<u64>, TableError> {
        self.source.consume(1);
        self.place = Place::Ended;
        match self.peek()? {
            None => Ok(None),
            Some(_) => Err(self.wrong(row, "more text behind the array")),
        }
    }

    /// Moves bytes to `piece` up to the end that `end` finds in what is read next; whether the text ended before.
    fn take(
        &mut self,
        piece: &mut Vec<u8>,
        row: u64,
        mut end: impl FnMut(&[u8]) -> Option<usize>,
    ) -> Result<bool, TableError> {
        let line = self.line;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if chunk.is_empty() {
                return Ok(true);
            }
            let found = end(chunk);
            let length = found.unwrap_or(chunk.len());
            if (piece.len() + length) as u64 > MAX_ROW_BYTES {
                return Err(TableError::RowTooLong { row, line: Some(line), limit: MAX_ROW_BYTES, hint: "" });
            }
            piece.extend_from_slice(&chunk[..length]);
            self.line += newlines(&chunk[..length]);
            self.source.consume(length);
            if found.is_some() {
                return Ok(false);
            }
        }
    }

    /// The next byte that is no white space, not taken.
    fn peek(&mut self) -> Result<Option<u8>, TableError> {
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if chunk.is_empty() {
                return Ok(None);
            }
            let blank = chunk.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let found = chunk.get(blank).copied();
            self.line += newlines(&chunk[..blank]);
            self.source.consume(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn expect(&mut self, byte: u8, otherwise: &'static str, row: u64) -> Result<(), TableError> {
        if self.peek()? != Some(byte) {
            return Err(self.wrong(row, otherwise));
        }
        self.source.consume(1);
        Ok(())
    }

    fn wrong(&self, row: u64, reason: &str) -> TableError {
        TableError::Syntax { row, line: Some(self.line), reason: reason.to_owned() }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Looks for the end of a value; what is inside is not checked.
#[derive(Default)]
struct Scan {
    depth: u64,
    is_text: bool,
    is_escaped: bool,
}

impl Scan {
    /// Where the value ends in the next bytes of it, if it does.
    fn end(&mut self, chunk: &[u8]) -> Option<usize> {
        for (at, byte) in chunk.iter().enumerate() {
            if self.is_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.is_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.is_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth <= 1 => return Some(at + usize::from(self.depth == 1)),
                b'}' | b']' => self.depth -= 1,
                // behind a value that is no object, the row before has ended
                b',' if self.depth == 0 => return Some(at),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn pieces(text: &str, layout: Layout, buffer: usize) -> Result<Vec<(u64, String)>, String> {
        let mut pieces = Pieces::new(Box::new(BufReader::with_capacity(buffer, text.as_bytes())), layout);
        let (mut found, mut piece) = (Vec::new(), Vec::new());
        loop {
            match pieces.next(&mut piece, found.len() as u64) {
                Ok(None) => return Ok(found),
                Ok(Some(line)) => found.push((line, String::from_utf8(piece.clone()).unwrap())),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    #[test]
    fn elements_are_taken_whole_however_they_are_cut() {
        let text = "\n[ {\"a\":\"}]\\\"\"},\n {\"b\":[1,{\"c\":2}]} ,1, \"x,]\" ,\n[2]]\n";
        let expected = [
            (2, "{\"a\":\"}]\\\"\"}".to_owned()),
            (3, "{\"b\":[1,{\"c\":2}]}".to_owned()),
            (3, "1".to_owned()),
            (3, "\"x,]\" ".to_owned()),
            (4, "[2]".to_owned()),
        ];
        for buffer in [1, 2, 3, 7, 1000] {
            assert_eq!(pieces(text, Layout::Array, buffer).unwrap(), expected);
        }
        assert_eq!(pieces("[]", Layout::Array, 8).unwrap(), []);
        assert_eq!(pieces(" [ ] ", Layout::Array, 8).unwrap(), []);
    }

    #[test]
    fn lines_may_be_blank_and_end_in_any_way() {
        let found = pieces("{1}\r\n\n \t\n{2}\n{3}", Layout::Lines, 2).unwrap();
        let texts: Vec<(u64, &str)> = found.iter().map(|(line, text)| (*line, text.trim_ascii())).collect();
        assert_eq!(texts, [(1, "{1}"), (4, "{2}"), (5, "{3}")]);
        assert_eq!(pieces("", Layout::Lines, 8).unwrap(), []);
    }

    #[test]
    fn what_stands_between_rows_is_checked() {
        for (text, reason) in [
            ("{}", "row 0 (counted from 0), line 1: it does not begin with an array"),
            ("[{} {}]", "row 1 (counted from 0), line 1: no comma between two rows"),
            ("[{},]", "row 1 (counted from 0), line 1: a comma without a row"),
            ("[,{}]", "row 0 (counted from 0), line 1: a comma without a row"),
            ("[{}", "row 1 (counted from 0), line 1: the text ends inside the array"),
            ("[{},\n", "row 1 (counted from 0), line 2: the text ends inside the array"),
            ("[{\"a\":1", "row 0 (counted from 0), line 1: the text ends inside the array"),
            ("[{}]\n[", "row 1 (counted from 0), line 2: more text behind the array"),
            ("[1}", "row 1 (counted from 0), line 1: no comma between two rows"),
        ] {
            assert_eq!(pieces(text, Layout::Array, 4).unwrap_err(), reason, "{text}");
        }
    }
}
