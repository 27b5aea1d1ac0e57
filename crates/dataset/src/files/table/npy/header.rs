//! The header of a NumPy array: magic bytes, a version, and a Python dictionary as text.
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use crate::files::table::error::TableError;
use std::io::{ErrorKind, Read};

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy itself reads no longer one without being asked to.
const MAX_HEADER_BYTES: u32 = 10_000;
/// NumPy has no more dimensions.
const MAX_DIMENSIONS: usize = 64;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::files::table) struct Header {
    /// The type of an element.
    pub descr: String,
    /// Whether the first index changes fastest.
    pub is_by_column: bool,
    pub shape: Vec<u64>,
}

impl Header {
    /// Reads a header, and tells how long it is.
    pub(in crate::files::table) fn read(source: &mut dyn Read) -> Result<(Self, u64), TableError> {
        let mut begin = [0; MAGIC.len() + 2];
        fill(source, &mut begin)?;
        if !begin.starts_with(MAGIC) {
            return Err(form("it does not begin like one".to_owned()));
        }
        let (length, length_bytes) = match begin[MAGIC.len()] {
            1 => {
                let mut bytes = [0; 2];
                fill(source, &mut bytes)?;
                (u32::from(u16::from_le_bytes(bytes)), bytes.len())
            }
            2 | 3 => {
                let mut bytes = [0; 4];
                fill(source, &mut bytes)?;
                (u32::from_le_bytes(bytes), bytes.len())
            }
            version => return Err(form(format!("its version is {version}"))),
        };
        if length > MAX_HEADER_BYTES {
            return Err(form(format!("its header has {length} bytes, more than {MAX_HEADER_BYTES}")));
        }
        let mut text = vec![0; length as usize];
        fill(source, &mut text)?;
        let text = str::from_utf8(&text).map_err(|_| form("its header is not UTF-8".to_owned()))?;
        let header = Literal(text).header().ok_or_else(|| form(format!("its header is `{}`", text.trim_end())))?;
        Ok((header, (begin.len() + length_bytes) as u64 + u64::from(length)))
    }

    /// The shape as Python writes it.
    pub(in crate::files::table) fn shape_text(&self) -> String {
        match &self.shape[..] {
            [length] => format!("({length},)"),
            shape => format!("({})", shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

pub(super) fn form(reason: String) -> TableError {
    TableError::Form { expected: "a NumPy array of rows and columns", reason }
}

fn fill(source: &mut dyn Read, bytes: &mut [u8]) -> Result<(), TableError> {
    source.read_exact(bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => form("it is cut off in its header".to_owned()),
        _ => error.into(),
    })
}

/// What is left of a Python literal.
struct Literal<'t>(&'t str);

impl<'t> Literal<'t> {
    /// A dictionary of the three known keys, in any order, and nothing behind it.
    fn header(mut self) -> Option<Header> {
        let (mut descr, mut is_by_column, mut shape) = (None, None, None);
        self.take('{').then_some(())?;
        while !self.take('}') {
            let key = self.text()?;
            self.take(':').then_some(())?;
            let is_first = match key {
                "descr" => descr.replace(self.text()?.to_owned()).is_none(),
                "fortran_order" => is_by_column.replace(self.flag()?).is_none(),
                "shape" => shape.replace(self.shape()?).is_none(),
                _ => false,
            };
            is_first.then_some(())?;
            if !self.take(',') {
                self.take('}').then_some(())?;
                break;
            }
        }
        self.0.trim_ascii().is_empty().then_some(())?;
        Some(Header { descr: descr?, is_by_column: is_by_column?, shape: shape? })
    }

    /// Takes one character, if it is the next but for white space.
    fn take(&mut self, character: char) -> bool {
        match self.0.trim_ascii_start().strip_prefix(character) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// A text in quotation marks, without escapes.
    fn text(&mut self) -> Option<&'t str> {
        let quote = if self.take('\'') { '\'' } else { self.take('"').then_some('"')? };
        let (text, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        (!text.contains('\\')).then_some(text)
    }

    fn flag(&mut self) -> Option<bool> {
        let text = self.0.trim_ascii_start();
        for (word, flag) in [("True", true), ("False", false)] {
            if let Some(rest) = text.strip_prefix(word) {
                self.0 = rest;
                return Some(flag);
            }
        }
        None
    }

    /// Numbers in round brackets, a comma behind each but the last, which may have one.
    fn shape(&mut self) -> Option<Vec<u64>> {
        let mut shape = Vec::new();
        self.take('(').then_some(())?;
        while !self.take(')') {
            shape.push(self.length()?);
            (shape.len() <= MAX_DIMENSIONS).then_some(())?;
            if !self.take(',') {
                self.take(')').then_some(())?;
                break;
            }
        }
        Some(shape)
    }

    fn length(&mut self) -> Option<u64> {
        let text = self.0.trim_ascii_start();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        self.0 = rest;
        number.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Option<Header> {
        Literal(text).header()
    }

    #[test]
    fn headers_are_read_as_numpy_writes_them() {
        let written = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }          \n";
        let expected = Header { descr: "<f8".to_owned(), is_by_column: false, shape: vec![3, 4] };
        assert_eq!(header(written), Some(expected.clone()));
        assert_eq!(header(r#"{"shape":(3,4),"fortran_order":False,"descr":"<f8"}"#), Some(expected));
        let one = header("{'descr': '|u1', 'fortran_order': True, 'shape': (7,), }").unwrap();
        assert_eq!((one.is_by_column, one.shape_text()), (true, "(7,)".to_owned()));
        assert!(header("{'descr': '|u1', 'fortran_order': True, 'shape': (), }").unwrap().shape.is_empty());
    }

    #[test]
    fn other_texts_are_no_headers() {
        let whole = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)}";
        assert!(header(whole).is_some());
        for length in 0..whole.len() {
            assert_eq!(header(&whole[..length]), None, "{length} characters");
        }
        for text in [
            "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3, 4)}",
            "{'descr': '<f8', 'fortran_order': 0, 'shape': (3, 4)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 4)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 4)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), 'shape': (3, 4)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), 'x': 'y'}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)} x",
            "{'descr': '<f8', 'fortran_order': False}",
        ] {
            assert_eq!(header(text), None, "{text}");
        }
        assert_eq!(header(&whole.replace("3, 4", &"1,".repeat(65))), None);
    }
}
