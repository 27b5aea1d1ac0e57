//! What can be wrong with a payload.
use crate::depth::MAX_DEPTH;
use crate::field::Field;

/// Error of [`Parser::parse`](crate::Parser::parse) and [`PayloadReader::read`](crate::PayloadReader::read): why a body is
/// no payload. `F` names fields.
///
/// Displays as one line that names the field or the byte (counted from 0); making and showing it allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError<F = Field> {
    /// Nothing but white space.
    #[error("the body is empty, expected a JSON object")]
    Empty,
    /// More bytes than the parser can count.
    #[error("the body is 4 GiB or longer")]
    TooLong,
    /// The body is no text.
    #[error("not JSON: not UTF-8 at byte {at}")]
    NotUtf8 {
        /// First byte that is no UTF-8.
        at: usize,
    },
    /// The text is no JSON.
    #[error("not JSON: {fault} at byte {at}")]
    NotJson {
        /// What is wrong.
        fault: SyntaxFault,
        /// Where.
        at: usize,
    },
    /// Something follows the document.
    #[error("not one JSON document: it ends before byte {at}, but more follows")]
    TrailingBytes {
        /// First byte that is neither document nor white space.
        at: usize,
    },
    /// Objects and arrays within each other beyond [`MAX_DEPTH`].
    #[error("nested more than {MAX_DEPTH} deep at byte {at}")]
    TooDeep {
        /// Where the object or array too many begins.
        at: usize,
    },
    /// The document is JSON, but no object.
    #[error("expected a JSON object")]
    NotAnObject,
    /// A number beyond f64 that is the value of no known field.
    #[error("number out of range at byte {at}")]
    NumberOutOfRange {
        /// Where the number begins.
        at: usize,
    },
    /// A number beyond f64.
    #[error("{0}: number out of range")]
    OutOfRange(F),
    /// A field that is not there.
    #[error("{0}: missing")]
    Missing(F),
    /// A field that is there twice.
    #[error("{0}: duplicate key")]
    Duplicate(F),
    /// A key that is not known and that its object has twice.
    #[error("duplicate key at byte {at}")]
    DuplicateUnknown {
        /// Where the second begins, its quote included.
        at: usize,
    },
    /// A value of another type.
    #[error("{field}: expected {expected}")]
    WrongType {
        /// Which field.
        field: F,
        /// What its value must be.
        expected: Expected,
    },
    /// An element of a list of texts that is no string.
    #[error("{field}[{index}]: expected a string")]
    NotAString {
        /// Which list.
        field: F,
        /// Counted from 0.
        index: usize,
    },
    /// A string that is no point in time.
    #[error("{0}: expected an RFC 3339 date and time with offset, such as 2026-03-11T20:23:35Z")]
    NotATimestamp(F),
}

/// The type a field's value must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each is what its text says
pub enum Expected {
    #[error("a number")]
    Number,
    #[error("a string")]
    Text,
    #[error("true or false")]
    Boolean,
    #[error("an array")]
    Array,
    #[error("an object")]
    Object,
    #[error("an object or null")]
    ObjectOrNull,
}

/// What makes a text no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each is what its text says
pub enum SyntaxFault {
    #[error("the document ends too early, after the token")]
    Truncated,
    #[error("expected a value")]
    ExpectedValue,
    #[error("expected a comma or the end of the array")]
    ExpectedArrayContent,
    #[error("expected a comma or the end of the object")]
    ExpectedObjectContent,
    #[error("expected a key in double quotes")]
    ExpectedKey,
    #[error("expected a colon")]
    ExpectedColon,
    #[error("malformed number")]
    MalformedNumber,
    #[error("bad escape in the string")]
    BadEscape,
    #[error("bare control character in a string")]
    ControlCharacter,
    #[error("string without end")]
    UnterminatedString,
    #[error("unexpected character")]
    Other,
}
