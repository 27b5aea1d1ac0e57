//! What became of the sampled decisions.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of the decision log; each has one thread that writes it, and all others may read.
#[derive(Debug, Default)]
pub struct Counts {
    full: OfServingThread,
    written: AtomicU64,
    failed: AtomicU64,
}

/// Apart from what another thread writes, in cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct OfServingThread(AtomicU64);

impl Counts {
    /// Lines in the file.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Sampled decisions that are not in the file: the ring was full, or the file could not be written.
    pub fn dropped(&self) -> u64 {
        self.full.0.load(Ordering::Relaxed) + self.failed.load(Ordering::Relaxed)
    }

    /// By the serving thread alone.
    pub(super) fn add_full(&self) {
        add_one(&self.full.0);
    }

    /// By the writing thread alone.
    pub(super) fn add_written(&self) {
        add_one(&self.written);
    }

    /// By the writing thread alone.
    pub(super) fn add_failed(&self) {
        add_one(&self.failed);
    }
}

/// Only one thread writes.
fn add_one(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}
