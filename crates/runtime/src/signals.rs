//! The signals that end a program.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag;
use signal_hook::low_level::pipe;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Signals that ask a command to end.
pub const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// Signals that mean nothing to a server, and would end it without a handler.
pub const IGNORED: [i32; 2] = [SIGUSR1, SIGUSR2];

/// Exit status of a process that `signal` ended, as a shell shows it.
pub fn exit_status(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// Set by the first signal of [`ENDING`]; the second one ends the process at once with [`exit_status`].
#[derive(Debug)]
pub struct FirstSignal {
    stop: Arc<AtomicBool>,
    /// Its number; 0 if none came.
    number: Arc<AtomicUsize>,
}

impl FirstSignal {
    /// Installs the handlers, for the rest of the process's life.
    ///
    /// # Errors
    ///
    /// The system refused a handler.
    pub fn watch() -> io::Result<Self> {
        let watched = Self { stop: Arc::default(), number: Arc::default() };
        for signal in ENDING {
            // Actions run in this order, so that the number is known when the flag is seen.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&watched.stop))?;
            flag::register_usize(signal, Arc::clone(&watched.number), signal.unsigned_abs() as usize)?;
            flag::register(signal, Arc::clone(&watched.stop))?;
        }
        Ok(watched)
    }

    /// To be looked at by what is to stop.
    pub fn flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// The number of the signal that came; 0 if none did.
    pub fn number(&self) -> i32 {
        self.number.load(Ordering::Relaxed) as i32
    }
}

/// Ends of socket pairs that the handlers of a server write to.
#[derive(Debug)]
pub struct SignalSockets {
    /// Becomes readable on SIGTERM and SIGINT.
    pub stop: UnixStream,
    /// Becomes readable on SIGHUP.
    pub hangup: UnixStream,
}

impl SignalSockets {
    /// Installs the handlers; [`IGNORED`] signals do nothing from now on.
    ///
    /// # Errors
    ///
    /// No descriptors are left, or the system refused a handler.
    pub fn handle() -> io::Result<Self> {
        let (stop, stopping) = UnixStream::pair()?;
        pipe::register(SIGTERM, stopping.try_clone()?)?;
        pipe::register(SIGINT, stopping)?;
        let (hangup, hanging_up) = UnixStream::pair()?;
        pipe::register(SIGHUP, hanging_up)?;
        for signal in IGNORED {
            // Nobody reads the flag.
            flag::register(signal, Arc::default())?;
        }
        Ok(Self { stop, hangup })
    }
}
