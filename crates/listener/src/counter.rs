//! A number that one thread changes and any may read.

use std::sync::atomic::{AtomicU64, Ordering};

/// A counter or gauge with one writer, which pays for it as for a plain number: a load and a store, neither of which waits
/// for other cores. Two writers would lose each other's additions.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `more`; for the one thread that writes.
    #[inline]
    pub fn add(&self, more: u64) {
        self.set(self.get() + more);
    }

    /// Replaces the number; for the one thread that writes.
    #[inline]
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// What was stored last, or a little before.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
