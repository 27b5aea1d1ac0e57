//! Sampled decisions on their way from the serving thread to the one that writes them.
//!
//! One thread puts in, one takes out. A record is four words and the body, of 8 bytes each; positions only grow, and the word
//! at position `p` lies at `p` modulo the length. A word is written before the position behind it is released, and read
//! after that was acquired, so that no record is seen in part.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Length, decision, generation and time, in front of a body.
const HEAD_WORDS: u64 = 4;
const WORD_BYTES: usize = 8;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// By the contest's references: frauds among the nearest.
    Frauds(u8),
    /// By rows of a schema: the number of the most frequent label, if rows have labels.
    Label(Option<u8>),
}

impl Decided {
    const FRAUDS: u64 = 0;
    const LABEL: u64 = 1 << 8;
    const NO_LABEL: u64 = 2 << 8;

    fn word(self) -> u64 {
        match self {
            Self::Frauds(frauds) => Self::FRAUDS | u64::from(frauds),
            Self::Label(Some(label)) => Self::LABEL | u64::from(label),
            Self::Label(None) => Self::NO_LABEL,
        }
    }

    fn of_word(word: u64) -> Self {
        let number = word as u8;
        match word & !0xff {
            Self::FRAUDS => Self::Frauds(number),
            Self::LABEL => Self::Label(Some(number)),
            _ => Self::Label(None),
        }
    }
}

/// A decision and what it was made from, without the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// What was decided.
    pub decided: Decided,
    /// [`scoring::AnyGeneration::serial`] of the one that decided.
    pub generation: u64,
    /// When, in nanoseconds since 1970.
    pub unix_ns: u64,
}

struct Ring {
    words: Box<[AtomicU64]>,
    /// Behind the last record that was put in.
    filled: Position,
    /// Behind the last record that was taken out.
    emptied: Position,
}

/// The two sides write one each, in cache lines of their own.
#[derive(Default)]
#[repr(align(128))]
struct Position(AtomicU64);

/// Puts records in.
pub struct Producer {
    ring: Arc<Ring>,
    filled: u64,
}

/// Takes them out.
pub struct Consumer {
    ring: Arc<Ring>,
    emptied: u64,
}

/// A ring of `bytes`, which must be a power of two from 64 on.
pub fn ring(bytes: usize) -> (Producer, Consumer) {
    assert!(bytes.is_power_of_two() && bytes >= 64, "positions are taken modulo the length");
    // Every word is written here, so that no page is missing when a request comes.
    let words = (0..bytes / WORD_BYTES).map(|_| AtomicU64::new(u64::MAX)).collect();
    let ring = Arc::new(Ring { words, filled: Position::default(), emptied: Position::default() });
    (Producer { ring: ring.clone(), filled: 0 }, Consumer { ring, emptied: 0 })
}

impl Ring {
    fn word(&self, position: u64) -> &AtomicU64 {
        &self.words[position as usize & (self.words.len() - 1)]
    }
}

impl Producer {
    /// Copies the record; says no if there is no room. Neither waits nor allocates.
    pub fn put(&mut self, sampled: Sampled, body: &[u8]) -> bool {
        let ring = &*self.ring;
        let needed = HEAD_WORDS + body.len().div_ceil(WORD_BYTES) as u64;
        let taken = self.filled - ring.emptied.0.load(Ordering::Acquire);
        if needed > ring.words.len() as u64 - taken {
            return false;
        }
        let mut put = |word| {
            ring.word(self.filled).store(word, Ordering::Relaxed);
            self.filled += 1;
        };
        let Sampled { decided, generation, unix_ns } = sampled;
        for word in [body.len() as u64, decided.word(), generation, unix_ns] {
            put(word);
        }
        let (whole, rest) = body.as_chunks::<WORD_BYTES>();
        whole.iter().for_each(|bytes| put(u64::from_le_bytes(*bytes)));
        if !rest.is_empty() {
            let mut bytes = [0; WORD_BYTES];
            bytes[..rest.len()].copy_from_slice(rest);
            put(u64::from_le_bytes(bytes));
        }
        ring.filled.0.store(self.filled, Ordering::Release);
        true
    }
}

impl Consumer {
    /// The oldest record, its body in `body`; `None` if there is none.
    pub fn take(&mut self, body: &mut Vec<u8>) -> Option<Sampled> {
        let ring = &*self.ring;
        if self.emptied == ring.filled.0.load(Ordering::Acquire) {
            return None;
        }
        let mut take = || {
            let word = ring.word(self.emptied).load(Ordering::Relaxed);
            self.emptied += 1;
            word
        };
        let [length, decided, generation, unix_ns] = std::array::from_fn(|_| take());
        let length = length as usize;
        body.clear();
        for _ in 0..length.div_ceil(WORD_BYTES) {
            body.extend_from_slice(&take().to_le_bytes());
        }
        body.truncate(length);
        ring.emptied.0.store(self.emptied, Ordering::Release);
        Some(Sampled { decided: Decided::of_word(decided), generation, unix_ns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(number: u64) -> Sampled {
        let decided = match number % 8 {
            6 => Decided::Label(None),
            7 => Decided::Label(Some(number as u8)),
            frauds => Decided::Frauds(frauds as u8),
        };
        Sampled { decided, generation: number, unix_ns: u64::MAX - number }
    }

    /// Bodies of every length, so that records end everywhere in the ring.
    fn body(number: u64) -> Vec<u8> {
        (0..number % 97).map(|place| (number * 31 + place) as u8).collect()
    }

    #[test]
    fn what_was_put_in_comes_out_in_order_wherever_it_wraps() {
        let (mut producer, mut consumer) = ring(256);
        let mut found = Vec::new();
        for number in 0..10_000 {
            assert!(producer.put(sampled(number), &body(number)));
            assert_eq!(consumer.take(&mut found), Some(sampled(number)));
            assert_eq!(found, body(number));
        }
        assert_eq!(consumer.take(&mut found), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_whole_and_room_comes_back() {
        let (mut producer, mut consumer) = ring(128);
        assert!(!producer.put(sampled(1), &[0; 97]), "longer than the ring");
        assert!(producer.put(sampled(2), &[7; 96]), "as long as the ring");
        assert!(!producer.put(sampled(3), &[]));
        let mut found = Vec::new();
        assert_eq!((consumer.take(&mut found), found.len()), (Some(sampled(2)), 96));
        assert!(producer.put(sampled(4), &[1, 2, 3]));
        assert_eq!((consumer.take(&mut found), &*found), (Some(sampled(4)), &[1, 2, 3][..]));
        assert_eq!(consumer.take(&mut found), None);
    }

    #[test]
    fn two_threads_lose_nothing_that_was_taken_in() {
        const RECORDS: u64 = 50_000;
        let (mut producer, mut consumer) = ring(1024);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for number in 0..RECORDS {
                    let body = body(number);
                    while !producer.put(sampled(number), &body) {
                        std::thread::yield_now();
                    }
                }
            });
            let mut found = Vec::new();
            for number in 0..RECORDS {
                let taken = loop {
                    match consumer.take(&mut found) {
                        Some(taken) => break taken,
                        None => std::thread::yield_now(),
                    }
                };
                assert_eq!((taken, &found), (sampled(number), &body(number)));
            }
        });
    }
}
