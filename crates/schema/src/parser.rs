//! The reused memory of parsing.
use std::mem;

use simd_json::{Buffers, INPUT_PADDING, Tape, fill_tape_padded};

use crate::canonical;
use crate::depth::MAX_DEPTH;
use crate::diagnosis::{diagnose, string_at};
use crate::error::PayloadError;
use crate::payload::{self, Document, Transaction};
use crate::repeats::Repeats;

/// Reused memory of one parser; after [`Parser::new`] parsing allocates nothing, whether it succeeds or not.
pub struct Parser {
    /// The body and its padding; strings are unescaped in place.
    text: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
    repeats: Repeats,
}

impl Parser {
    /// `capacity`: the longest body in bytes that must parse without allocating.
    ///
    /// A longer body parses too, and the memory grows to it for good: the caller limits the length. Up to 42 bytes per
    /// byte of capacity are reserved; a body touches only what its length and its number of values need.
    pub fn new(capacity: usize) -> Self {
        let mut parser = Self {
            text: Vec::new(),
            buffers: Buffers::with_max_depth(0, MAX_DEPTH),
            tape: Tape(Vec::new()),
            repeats: Repeats::new(capacity),
        };
        // Nothing of this length takes more room than brackets only, and the nesting limit stops it at once.
        let _ = parser.parse_any_form(&vec![b'['; capacity]);
        parser
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
        self.text.clear();
        self.text.extend_from_slice(body);
        self.text.extend_from_slice(&[b' '; INPUT_PADDING]);

        let mut tape = mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let result = match fill_tape_padded(&mut self.text, body.len(), &mut self.buffers, &mut tape) {
            Ok(()) => payload::read(&tape.0).and_then(|document| {
                let repeated = if document.may_repeat_keys { self.repeats.find(&tape.0) } else { None };
                match repeated {
                    Some(key) => {
                        let at = string_at(key, body, self.buffers.structural_indexes(), &tape.0);
                        Err(PayloadError::DuplicateUnknown { at })
                    }
                    None => Ok(document),
                }
            }),
            Err(error) => Err(diagnose(&error, body, self.buffers.structural_indexes(), &tape.0)),
        };
        self.tape = tape.reset();
        result
    }
}
