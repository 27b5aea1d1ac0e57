//! Signals: which of them stop a server, and which do not.

use crate::driver::Socket;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::low_level::pipe;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Ends of pipes that the signal handlers write to.
pub struct Signals {
    /// Becomes readable when the process is asked to stop.
    pub stop: UnixStream,
    /// Becomes readable on SIGHUP.
    pub hangup: UnixStream,
}

impl Signals {
    /// Installs the handlers.
    pub fn handle() -> io::Result<Self> {
        let (stop, stopping) = UnixStream::pair()?;
        pipe::register(SIGTERM, stopping.try_clone()?)?;
        pipe::register(SIGINT, stopping)?;
        let (hangup, hanging_up) = UnixStream::pair()?;
        pipe::register(SIGHUP, hanging_up)?;
        for signal in [SIGUSR1, SIGUSR2] {
            // They would end the process without a handler. Nobody reads the flag.
            signal_hook::flag::register(signal, Arc::default())?;
        }
        Ok(Self { stop, hangup })
    }
}

/// Says in the log that SIGHUP does nothing yet. Serves nobody and so may allocate.
pub async fn report_hangups(hangup: Socket) {
    let mut bytes = [0; 16];
    loop {
        // Errors cannot happen on a socket pair whose other end the signal handler holds for ever.
        let _ = hangup.readable().await;
        if let Ok(Some(1..)) = hangup.receive(&mut bytes) {
            tracing::warn!("SIGHUP is ignored: an index cannot be reloaded yet; restart the server to serve a new one");
        }
    }
}
