//! Which decisions are logged: the serving thread's part, which costs a subtraction for those that are not.

use super::counts::Counts;
use super::ring::{Decided, Producer, Sampled};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread::Thread;
use std::time::SystemTime;

/// Takes every n-th decision: the n-th, the 2n-th and so on.
pub struct Sampler {
    every: NonZeroU32,
    /// Until the next one, that one included.
    left: u32,
    producer: Producer,
    counts: Arc<Counts>,
    writer: Thread,
}

impl Sampler {
    pub(super) fn new(every: NonZeroU32, producer: Producer, counts: Arc<Counts>, writer: Thread) -> Self {
        Self { every, left: every.get(), producer, counts, writer }
    }

    /// To be called for each decision, with the body that it is about and the serial number of the generation that made it.
    /// Neither waits nor allocates.
    #[inline]
    pub fn offer(&mut self, body: &[u8], decided: Decided, generation: impl FnOnce() -> u64) {
        self.left -= 1;
        if self.left == 0 {
            self.take(body, decided, generation());
        }
    }

    #[cold]
    fn take(&mut self, body: &[u8], decided: Decided, generation: u64) {
        self.left = self.every.get();
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let unix_ns = u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX);
        if self.producer.put(Sampled { decided, generation, unix_ns }, body) {
            // A system call only if the thread sleeps.
            self.writer.unpark();
        } else {
            self.counts.add_full();
        }
    }
}
