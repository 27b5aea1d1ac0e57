//! What a connection needs while a request is under way: received bytes, and responses that are not sent yet.

use crate::limits::{Limits, RESPONSE_BYTES};

/// Received bytes that are not parsed yet, and responses that are not sent yet. Made once; an idle connection needs
/// none, so it can be lent to others meanwhile.
#[derive(Debug)]
pub struct Buffer {
    input: Box<[u8]>,
    start: usize,
    end: usize,
    output: Box<[u8]>,
    sent: usize,
    filled: usize,
}

impl Buffer {
    /// A buffer for one request of at most these limits.
    ///
    /// # Panics
    ///
    /// If `limits.output_bytes` has no room for two responses.
    pub fn new(limits: &Limits) -> Self {
        assert!(limits.output_bytes >= 2 * RESPONSE_BYTES, "a burst must have room beside one more answer");
        Self {
            input: vec![0; limits.input_bytes()].into_boxed_slice(),
            start: 0,
            end: 0,
            output: vec![0; limits.output_bytes].into_boxed_slice(),
            sent: 0,
            filled: 0,
        }
    }

    /// Where the next bytes are to be read into; never empty while the connection asks to read.
    #[inline]
    pub fn room(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        &mut self.input[self.end..]
    }

    /// `count` bytes were read into `room()`.
    ///
    /// # Panics
    ///
    /// If that is more than there was room.
    #[inline]
    pub fn received(&mut self, count: usize) {
        assert!(count <= self.input.len() - self.end, "more bytes received than there was room");
        self.end += count;
    }

    /// Received and not consumed.
    #[inline]
    pub fn unread(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    /// Responses not sent yet.
    #[inline]
    pub fn unsent(&self) -> &[u8] {
        &self.output[self.sent..self.filled]
    }

    /// The first `count` bytes of `unsent()` were sent.
    ///
    /// # Panics
    ///
    /// If that is more than there were.
    #[inline]
    pub fn sent(&mut self, count: usize) {
        assert!(count <= self.filled - self.sent, "more bytes sent than there were");
        self.sent += count;
        if self.sent == self.filled {
            self.sent = 0;
            self.filled = 0;
        }
    }

    /// Forgets everything.
    #[inline]
    pub fn clear(&mut self) {
        (self.start, self.end, self.sent, self.filled) = (0, 0, 0, 0);
    }

    /// Unread bytes, to take a coding off in place.
    #[inline]
    pub(crate) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.input[self.start..self.end]
    }

    /// The first `count` unread bytes are done with.
    #[inline]
    pub(crate) fn consume(&mut self, count: usize) {
        assert!(count <= self.end - self.start, "more bytes consumed than were received");
        self.start += count;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Keeps only the first `count` unread bytes.
    #[inline]
    pub(crate) fn truncate(&mut self, count: usize) {
        assert!(count <= self.end - self.start, "more bytes kept than were received");
        self.end = self.start + count;
    }

    /// Unread bytes and room for a response, side by side.
    #[inline]
    pub(crate) fn halves(&mut self) -> (&[u8], Output<'_>) {
        (&self.input[self.start..self.end], Output { bytes: &mut self.output, filled: &mut self.filled })
    }

    /// Room for a response.
    #[inline]
    pub(crate) fn output(&mut self) -> Output<'_> {
        self.halves().1
    }

    /// Whether one more response of any kind fits: all of it, or the head of one with a large body.
    #[inline]
    pub(crate) fn has_output_room(&self) -> bool {
        self.output.len() - self.filled >= RESPONSE_BYTES
    }
}

/// The output half of a buffer.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    bytes: &'a mut [u8],
    filled: &'a mut usize,
}

impl Output<'_> {
    /// Appends; the connection has made sure that any one response fits (`has_output_room`).
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) {
        self.bytes[*self.filled..][..bytes.len()].copy_from_slice(bytes);
        *self.filled += bytes.len();
    }

    /// Appends as much as there is room for; how much that was.
    pub fn fill(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.bytes.len() - *self.filled);
        self.write(&bytes[..count]);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_moves_what_is_unread_to_the_front() {
        let mut buffer = Buffer::new(&Limits { head_bytes: 8, body_bytes: 8, ..Limits::default() });
        buffer.room()[..6].copy_from_slice(b"abcdef");
        buffer.received(6);
        buffer.consume(4);
        assert_eq!(buffer.room().len(), 14);
        assert_eq!(buffer.unread(), b"ef");
    }
}
