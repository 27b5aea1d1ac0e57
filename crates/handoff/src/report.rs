//! What a server says of itself in the page.

use std::sync::atomic::{AtomicU64, Ordering};

/// A server that runs changes its report at least this often.
pub const BEAT_MS: u64 = 25;

/// Whether a server takes connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u64)]
pub enum Standing {
    /// It has said nothing yet.
    #[default]
    Silent = 0,
    /// It has nothing to answer by yet.
    Starting = 1,
    /// It answers.
    Ready = 2,
    /// It stops: it finishes what it has taken and leaves the rest to others.
    Draining = 3,
}

/// A server's report: beats, standing, open connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Grows while its loop turns.
    pub beats: u64,
    /// Whether it takes connections.
    pub standing: Standing,
    /// Connections that it has open, those of its own listener and of other balancers among them.
    pub open: u64,
}

/// Words of a report in the page: a line of the cache, so that servers do not slow each other down.
pub(crate) const WORDS: usize = 8;

impl Report {
    pub(crate) fn write(self, words: &[AtomicU64]) {
        words[1].store(self.standing as u64, Ordering::Relaxed);
        words[2].store(self.open, Ordering::Relaxed);
        words[0].store(self.beats, Ordering::Release);
    }

    pub(crate) fn read(words: &[AtomicU64]) -> Self {
        let beats = words[0].load(Ordering::Acquire);
        let standing = match words[1].load(Ordering::Relaxed) {
            1 => Standing::Starting,
            2 => Standing::Ready,
            3 => Standing::Draining,
            _ => Standing::Silent,
        };
        Self { beats, standing, open: words[2].load(Ordering::Relaxed) }
    }
}
