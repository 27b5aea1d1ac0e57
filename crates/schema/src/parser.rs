//! Bodies to transactions.
use crate::canonical;
use crate::error::PayloadError;
use crate::field::Field;
use crate::json::Json;
use crate::payload::{self, Document, Transaction};

/// Reused memory of one parser; after [`Parser::new`] parsing allocates nothing, whether it succeeds or not.
pub struct Parser {
    json: Json,
}

impl Parser {
    /// `capacity`: the longest body in bytes that must parse without allocating.
    ///
    /// A longer body parses too, and the memory grows to it for good: the caller limits the length. Up to 42 bytes per
    /// byte of capacity are reserved; a body touches only what its length and its number of values need.
    pub fn new(capacity: usize) -> Self {
        Self { json: Json::new(capacity) }
    }

    /// Reads `body` as one JSON document with the fields of a transaction, keys in any order.
    ///
    /// The canonical form, compact and in the contract's order, takes a fraction of the time of the others.
    ///
    /// Unknown keys are skipped, whatever their value. `body` is only read: where text must be unescaped in place, that is
    /// done in a copy of it in the parser's memory.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] names the field or the byte: what is no JSON object; a known key that is absent (also
    /// `last_transaction`, which may only be `null`) or whose value is of another type, out of range or no timestamp; any key
    /// that an object has twice, at every depth.
    pub fn parse<'a>(&'a mut self, body: &'a [u8]) -> Result<Transaction<'a>, PayloadError> {
        match canonical::read(body) {
            Some(transaction) => Ok(transaction),
            None => self.parse_any_form(body),
        }
    }

    /// [`Parser::parse`], and the document's `id`. Takes longer, as it reads every form in the general way.
    ///
    /// # Errors
    ///
    /// As [`Parser::parse`].
    pub fn parse_with_id(&mut self, body: &[u8]) -> Result<(&str, Transaction<'_>), PayloadError> {
        self.read(body).map(|document| (document.id, document.transaction))
    }

    /// [`Parser::parse`] without its short cut, to compare the two.
    #[doc(hidden)]
    pub fn parse_any_form(&mut self, body: &[u8]) -> Result<Transaction<'_>, PayloadError> {
        self.read(body).map(|document| document.transaction)
    }

    fn read(&mut self, body: &[u8]) -> Result<Document<'_>, PayloadError> {
        let field_at = |keys: &[&str]| match keys {
            [key] => Field::in_document(key),
            [section, key] => Field::in_document(section)?.child(key),
            _ => None,
        };
        self.json.read(body, field_at, payload::read)
    }
}
