//! Signals of a server, as sockets that its loop can wait on.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag;
use signal_hook::low_level::pipe;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Signals that mean nothing to a server, and would end it without a handler.
const IGNORED: [i32; 2] = [SIGUSR1, SIGUSR2];

/// Ends of socket pairs that the handlers of a server write to.
#[derive(Debug)]
pub struct SignalSockets {
    /// Becomes readable on SIGTERM and SIGINT.
    pub stop: UnixStream,
    /// Becomes readable on SIGHUP.
    pub hangup: UnixStream,
}

impl SignalSockets {
    /// Installs the handlers; SIGUSR1 and SIGUSR2 do nothing from now on.
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
