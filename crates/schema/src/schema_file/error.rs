//! What is wrong with a schema file, and where.

/// Why a schema file is refused: displays as `FILE:LINE:COLUMN: what`, where line and column (of characters) count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct SchemaError {
    file: Box<str>,
    line: usize,
    column: usize,
    message: Box<str>,
}

impl SchemaError {
    /// Line and column of the fault, counted from 1.
    pub fn place(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A file that is read: turns places of its text into lines and columns.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) file: &'s str,
    pub(super) text: &'s str,
}

impl Source<'_> {
    /// `at`: a byte of the text.
    pub(super) fn error(&self, at: usize, message: impl Into<Box<str>>) -> SchemaError {
        let mut before = &self.text[..self.text.floor_char_boundary(at)];
        let line = 1 + before.matches('\n').count();
        before = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
        SchemaError { file: self.file.into(), line, column: 1 + before.chars().count(), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let source = Source { file: "a.toml", text: "é = 1\n\nx = \"é\" y" };
        for (at, place) in [(0, (1, 1)), (1, (1, 1)), (2, (1, 2)), (6, (1, 6)), (7, (2, 1)), (8, (3, 1)), (99, (3, 10))]
        {
            assert_eq!(source.error(at, "x").place(), place, "{at}");
        }
        assert_eq!(source.error(8, "no").to_string(), "a.toml:3:1: no");
    }
}
