//! What can be wrong with data, and where.
//!
//! A message does not repeat its cause: callers print the whole chain of causes.

use std::io;

/// Why data cannot be read, written or generated.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The source failed, or is not the compressed data it begins like.
    #[error("cannot read")]
    Read(#[source] io::Error),
    /// The destination failed.
    #[error("cannot write")]
    Write(#[source] io::Error),
    /// A compression or an encoding that is known but not read.
    #[error("it is {found}: make it plain UTF-8 text with `{convert}`")]
    NotRead {
        /// What it is.
        found: &'static str,
        /// The command that makes it readable.
        convert: &'static str,
    },
    /// Not a single byte.
    #[error("it is empty")]
    Empty,
    /// One element of a references file; the cause says what is wrong and its line and column (in bytes).
    #[error("reference {element} (counted from 0)")]
    Reference {
        /// Its place in the array, or among the lines, counted from 0.
        element: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// One entry of a payload file; the cause says what is wrong and its line and column (in bytes).
    #[error("payload entry {entry} (counted from 0)")]
    Payload {
        /// Its place in `entries`, counted from 0.
        entry: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The text outside the elements.
    #[error("not {expected}")]
    Shape {
        /// What the file should hold.
        expected: &'static str,
        /// What is wrong instead.
        source: serde_json::Error,
    },
    /// A recipe asks for too much.
    #[error("{count} are too many: the limit is {limit}")]
    TooMany {
        /// What was asked for.
        count: u64,
        /// What is allowed.
        limit: u64,
    },
    /// A recipe's share is none.
    #[error("the {name} is {value}: it must be from 0 to 1")]
    ShareOutOfRange {
        /// Which share.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The generator did not produce the published file.
    #[error("the generated references have SHA-256 {found}, the official ones {official}", official = crate::OFFICIAL_SHA256)]
    NotOfficial {
        /// SHA-256 in hex of the generated text.
        found: String,
    },
}
