//! The reused memory of parsing JSON, and what is refused whatever the fields are.
use std::mem;

use simd_json::{Buffers, INPUT_PADDING, Node, Tape, fill_tape_padded};

use crate::depth::MAX_DEPTH;
use crate::diagnosis::{diagnose, string_at};
use crate::error::PayloadError;
use crate::repeats::Repeats;

/// Reused memory of one reader of JSON.
pub(crate) struct Json {
    /// The body and its padding; strings are unescaped in place.
    text: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
    repeats: Repeats,
}

/// What was read of a tape.
pub(crate) struct Reading<T> {
    pub(crate) value: T,
    /// Whether unknown keys may be repeated, which was not checked.
    pub(crate) may_repeat_keys: bool,
}

impl Json {
    /// `capacity`: the longest body in bytes that is read without allocating, up to 42 bytes per byte of it.
    pub(crate) fn new(capacity: usize) -> Self {
        let mut json = Self {
            text: Vec::new(),
            buffers: Buffers::with_max_depth(0, MAX_DEPTH),
            tape: Tape(Vec::new()),
            repeats: Repeats::new(capacity),
        };
        // Nothing of this length takes more room than brackets only, and the nesting limit stops it at once.
        let brackets = vec![b'['; capacity];
        let _ = json.read::<(), ()>(&brackets, |_| None, |_| Err(PayloadError::NotAnObject));
        json
    }

    /// Reads `body` as one JSON document: `read` takes its tape, `field_at` knows the field under a path of keys.
    pub(crate) fn read<'a, T, F>(
        &'a mut self,
        body: &[u8],
        field_at: impl Fn(&[&str]) -> Option<F>,
        read: impl FnOnce(&[Node<'a>]) -> Result<Reading<T>, PayloadError<F>>,
    ) -> Result<T, PayloadError<F>> {
        self.text.clear();
        self.text.extend_from_slice(body);
        self.text.extend_from_slice(&[b' '; INPUT_PADDING]);

        let mut tape = mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let result = match fill_tape_padded(&mut self.text, body.len(), &mut self.buffers, &mut tape) {
            Ok(()) => read(&tape.0).and_then(|reading| {
                let repeated = if reading.may_repeat_keys { self.repeats.find(&tape.0) } else { None };
                match repeated {
                    Some(key) => {
                        let at = string_at(key, body, self.buffers.structural_indexes(), &tape.0);
                        Err(PayloadError::DuplicateUnknown { at })
                    }
                    None => Ok(reading.value),
                }
            }),
            Err(error) => Err(diagnose(&error, body, self.buffers.structural_indexes(), &tape.0, field_at)),
        };
        self.tape = tape.reset();
        result
    }
}
