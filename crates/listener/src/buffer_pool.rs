//! A fixed pool of request buffers, made once at start-up.
//!
//! A connection borrows one when bytes have arrived and gives it back as soon as nothing unparsed and nothing
//! unsent is left, so idle connections hold none. The most recently returned one is lent first: it is warm.

use crate::limits::Limits;
use http::Buffer;

/// The buffers that are not lent.
#[derive(Debug)]
pub struct BufferPool {
    free: Vec<Buffer>,
}

impl BufferPool {
    /// Makes `limits.buffers` buffers. Their pages cost memory only once used.
    pub fn new(limits: &Limits) -> Self {
        Self { free: (0..limits.buffers).map(|_| Buffer::new(&limits.http())).collect() }
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
    fn the_pool_lends_what_it_has_and_no_more() {
        let mut pool = BufferPool::new(&small());
        let (first, _second) = (pool.take().unwrap(), pool.take().unwrap());
        assert!(pool.take().is_none());
        pool.put(first);
        assert!(pool.take().is_some());
    }

    #[test]
    fn a_returned_buffer_holds_nothing_of_its_last_user() {
        let mut pool = BufferPool::new(&small());
        let mut buffer = pool.take().unwrap();
        buffer.received(3);
        pool.put(buffer);
        let buffer = pool.take().unwrap();
        assert!(buffer.unread().is_empty() && buffer.unsent().is_empty());
    }
}
