//! Signals that end a command early, but in order.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Tells of the first SIGINT, SIGTERM or SIGHUP; the second one ends the process.
pub struct Interruption {
    stop: Arc<AtomicBool>,
    /// Its number; 0 if none came.
    signal: Arc<AtomicUsize>,
}

impl Interruption {
    /// Begins to watch, for the rest of the process's life.
    ///
    /// # Errors
    /// What the system says when it refuses the handlers.
    pub fn watch() -> io::Result<Self> {
        let watched = Self { stop: Arc::default(), signal: Arc::default() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // actions run in this order, so that the number is known when the work stops
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&watched.stop))?;
            flag::register_usize(signal, Arc::clone(&watched.signal), signal.unsigned_abs() as usize)?;
            flag::register(signal, Arc::clone(&watched.stop))?;
        }
        Ok(watched)
    }

    /// Set when the first signal comes.
    pub fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// The number of the last signal that came; 0 if none did.
    pub fn signal(&self) -> i32 {
        self.signal.load(Ordering::Relaxed) as i32
    }
}
