//! A fixed pool of request buffers, made once at start-up.
//!
//! A connection borrows one when bytes have arrived and gives it back as soon as nothing unparsed and nothing
//! unsent is left, so idle connections hold none. The most recently returned one is lent first: it is warm.

use crate::limits::{self, Limits};

/// Received bytes that are not parsed yet, and answers that are not sent yet.
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
    pub fn new(limits: &Limits) -> Self {
        Self {
            input: vec![0; limits.input_bytes()].into_boxed_slice(),
            start: 0,
            end: 0,
            output: vec![0; limits::OUTPUT_BYTES].into_boxed_slice(),
            sent: 0,
            filled: 0,
        }
    }

    /// Where the next bytes are to be read into; never empty while the connection asks to read.
    pub fn room(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        &mut self.input[self.end..]
    }

    /// `count` bytes were read into `room()`.
    pub fn received(&mut self, count: usize) {
        assert!(count <= self.input.len() - self.end, "more bytes received than there was room");
        self.end += count;
    }

    /// Received and not consumed.
    pub fn unread(&mut self) -> &mut [u8] {
        &mut self.input[self.start..self.end]
    }

    /// The first `count` unread bytes are done with.
    pub fn consume(&mut self, count: usize) {
        assert!(count <= self.end - self.start, "more bytes consumed than were received");
        self.start += count;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Keeps only the first `count` unread bytes.
    pub fn truncate(&mut self, count: usize) {
        assert!(count <= self.end - self.start, "more bytes kept than were received");
        self.end = self.start + count;
    }

    /// Unread bytes and room for an answer, side by side.
    pub fn halves(&mut self) -> (&mut [u8], Output<'_>) {
        (&mut self.input[self.start..self.end], Output { bytes: &mut self.output, filled: &mut self.filled })
    }

    /// Room for an answer.
    pub fn output(&mut self) -> Output<'_> {
        self.halves().1
    }

    /// Whether one more answer of any kind fits.
    pub fn has_output_room(&self) -> bool {
        self.output.len() - self.filled >= limits::RESPONSE_BYTES
    }

    /// Answers not sent yet.
    pub fn unsent(&self) -> &[u8] {
        &self.output[self.sent..self.filled]
    }

    /// The first `count` bytes of `unsent()` were sent.
    pub fn sent(&mut self, count: usize) {
        assert!(count <= self.filled - self.sent, "more bytes sent than there were");
        self.sent += count;
        if self.sent == self.filled {
            self.sent = 0;
            self.filled = 0;
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        (self.start, self.end, self.sent, self.filled) = (0, 0, 0, 0);
    }
}

/// The output half of a buffer.
#[derive(Debug)]
pub struct Output<'a> {
    bytes: &'a mut [u8],
    filled: &'a mut usize,
}

impl Output<'_> {
    /// Appends; the connection has made sure that any one answer fits (`has_output_room`).
    pub fn write(&mut self, bytes: &[u8]) {
        self.bytes[*self.filled..][..bytes.len()].copy_from_slice(bytes);
        *self.filled += bytes.len();
    }
}

/// The buffers that nobody holds.
#[derive(Debug)]
pub struct Pool {
    free: Vec<Buffer>,
}

impl Pool {
    /// Makes `limits.buffers` buffers. Their pages cost memory only once used.
    pub fn new(limits: &Limits) -> Self {
        Self { free: (0..limits.buffers).map(|_| Buffer::new(limits)).collect() }
    }

    /// Lends a buffer, unless all of them are lent.
    pub fn take(&mut self) -> Option<Buffer> {
        self.free.pop()
    }

    /// Takes a buffer back.
    pub fn put(&mut self, mut buffer: Buffer) {
        buffer.clear();
        self.free.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Limits {
        Limits { head_bytes: 8, body_bytes: 8, buffers: 2, ..Limits::default() }
    }

    #[test]
    fn room_moves_what_is_unread_to_the_front() {
        let mut buffer = Buffer::new(&small());
        buffer.room()[..6].copy_from_slice(b"abcdef");
        buffer.received(6);
        buffer.consume(4);
        assert_eq!(buffer.room().len(), 14);
        assert_eq!(buffer.unread(), b"ef");
    }

    #[test]
    fn the_pool_lends_what_it_has_and_no_more() {
        let mut pool = Pool::new(&small());
        let (first, _second) = (pool.take().unwrap(), pool.take().unwrap());
        assert!(pool.take().is_none());
        pool.put(first);
        assert!(pool.take().is_some());
    }

    #[test]
    fn a_returned_buffer_holds_nothing_of_its_last_user() {
        let mut pool = Pool::new(&small());
        let mut buffer = pool.take().unwrap();
        buffer.received(3);
        buffer.output().write(b"secret");
        pool.put(buffer);
        let mut buffer = pool.take().unwrap();
        assert!(buffer.unread().is_empty() && buffer.unsent().is_empty());
    }
}
