//! Connections that something must happen to by a time, in the order of these times.

use std::collections::VecDeque;

/// A connection in the epoch of its word in which the time was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub connection: u32,
    /// A connection whose word has another epoch has changed hands, and its time does not count.
    pub epoch: u64,
    deadline_ms: u64,
}

/// A queue of bounded length in which everything waits equally long.
#[derive(Debug)]
pub struct DeadlineQueue {
    queue: VecDeque<Due>,
    most: usize,
    patience_ms: u64,
}

impl DeadlineQueue {
    /// For `most` connections, each of which waits for `patience_ms`.
    pub fn new(most: usize, patience_ms: u64) -> Self {
        Self { queue: VecDeque::new(), most, patience_ms }
    }

    /// Adds one. What is returned has to go before its time, as there is no room for it.
    pub fn push(&mut self, connection: u32, epoch: u64, now_ms: u64) -> Option<Due> {
        let first = if self.queue.len() == self.most { self.queue.pop_front() } else { None };
        self.queue.push_back(Due { connection, epoch, deadline_ms: now_ms + self.patience_ms });
        first
    }

    /// Takes the first whose time has come.
    pub fn pop_due(&mut self, now_ms: u64) -> Option<Due> {
        self.queue.pop_front_if(|first| first.deadline_ms <= now_ms)
    }

    /// Takes the first.
    pub fn pop(&mut self) -> Option<Due> {
        self.queue.pop_front()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(due: Option<Due>) -> Option<u32> {
        due.map(|due| due.connection)
    }

    #[test]
    fn what_waited_longest_is_due_first() {
        let mut queue = DeadlineQueue::new(4, 10);
        assert!(queue.push(1, 0, 100).is_none() && queue.push(2, 0, 105).is_none());
        assert_eq!(connection(queue.pop_due(109)), None);
        assert_eq!(connection(queue.pop_due(110)), Some(1));
        assert_eq!(connection(queue.pop_due(110)), None);
        assert_eq!((connection(queue.pop()), queue.is_empty()), (Some(2), true));
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut queue = DeadlineQueue::new(2, 10);
        let gone: Vec<_> = (0..4).filter_map(|number| connection(queue.push(number, 0, 0))).collect();
        assert_eq!((gone, queue.len()), (vec![0, 1], 2));
    }
}
