//! The life of a server.

use std::sync::atomic::{AtomicU8, Ordering};

/// Where in its life a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Cannot answer yet.
    Starting,
    /// Answers.
    Ready,
    /// Finishes the requests that are open, then ends.
    Draining,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Starting, Self::Ready, Self::Draining];

    /// `starting`, `ready` or `draining`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }
}

/// The phase of a serving thread, which sets it; others may read it.
#[derive(Debug)]
pub struct SharedPhase(AtomicU8);

impl SharedPhase {
    /// Begins with `phase`.
    pub const fn new(phase: Phase) -> Self {
        Self(AtomicU8::new(phase as u8))
    }

    /// The phase now.
    #[inline]
    pub fn get(&self) -> Phase {
        Phase::ALL[usize::from(self.0.load(Ordering::Relaxed))]
    }

    /// From now on it is `phase`.
    pub fn set(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }
}
