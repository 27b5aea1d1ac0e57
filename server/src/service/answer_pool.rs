//! Memory of answers that do not fit a connection's buffer, made at the start.

use http::limits::SMALL_BODY_BYTES;
use std::cell::RefCell;
use std::rc::Rc;

/// Room for answers that a connection keeps until its client has taken them. A connection keeps at most one, and holds a request
/// buffer meanwhile, so that as many as there are buffers are enough.
pub struct AnswerPool {
    free: Rc<RefCell<Vec<Vec<u8>>>>,
}

/// An answer in such room, which it gives back.
pub struct PooledAnswer {
    bytes: Vec<u8>,
    free: Rc<RefCell<Vec<Vec<u8>>>>,
}

impl AnswerPool {
    /// For answers of up to `bytes`; none where all fit the buffers.
    pub fn new(bytes: usize, count: usize) -> Self {
        let count = if bytes > SMALL_BODY_BYTES { count } else { 0 };
        Self { free: Rc::new(RefCell::new((0..count).map(|_| Vec::with_capacity(bytes)).collect())) }
    }

    /// A copy of `answer`, if there is room for one more. Allocates nothing.
    pub fn hold(&self, answer: &[u8]) -> Option<PooledAnswer> {
        let mut bytes = self.free.borrow_mut().pop()?;
        bytes.clear();
        bytes.extend_from_slice(answer);
        Some(PooledAnswer { bytes, free: self.free.clone() })
    }
}

impl AsRef<[u8]> for PooledAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for PooledAnswer {
    fn drop(&mut self) {
        // There is a place: it was taken from there.
        self.free.borrow_mut().push(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gives_its_room_back_and_no_more_is_there() {
        let pool = AnswerPool::new(10_000, 2);
        let room: Vec<_> = pool.free.borrow().iter().map(|bytes| bytes.as_ptr()).collect();
        for round in 0..3 {
            let held = [pool.hold(&[round; 10_000]), pool.hold(b"two")];
            assert!(pool.hold(b"three").is_none());
            let [first, second] = held.map(|held| held.map(|held| held.as_ref().to_vec()));
            assert_eq!((first, second), (Some(vec![round; 10_000]), Some(b"two".to_vec())));
        }
        let same: Vec<_> = pool.free.borrow().iter().map(|bytes| bytes.as_ptr()).collect();
        assert!(same.iter().all(|bytes| room.contains(bytes)), "the memory is that of the start");
    }

    #[test]
    fn small_answers_need_no_pool() {
        assert!(AnswerPool::new(SMALL_BODY_BYTES, 9).hold(b"x").is_none());
    }
}
