//! The thread of an admin listener.

use crate::guard::Guard;
use crate::guarded::Guarded;
use http::Service;
use listener::listen::{self, ListenError, Listener};
use listener::{Endpoint, Limits, ListenAddress, Phase, SharedPhase, Thread, limits};
use runtime::background::{self, Cores, Pace};
use runtime::driver::{self, Runtime, Socket};
use std::convert::Infallible;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;
use tracing::subscriber::NoSubscriber;

/// The most of a core that an admin listener takes, in thousandths. A scrape takes about a thousandth of a second. With twice as
/// much, 64 clients that ask without a pause at both servers of one core made the 99th percentile of the answers 1.35 times
/// as long (`deploy/measure/admins`).
pub const SHARE: u32 = 50;
/// How often the thread's use of its core is looked at when nobody gets an answer.
const PACE_MS: u64 = 100;

/// How long its end is waited for.
const END_PATIENCE: Duration = Duration::from_millis(500);

/// What its connections may take: few, as those who run a program are few.
pub const LIMITS: Limits =
    Limits { connections: 64, accept_backlog: 64, buffers: 8, pipelined: 4, drain_timeout_ms: 200, ..Limits::DEFAULT };

/// Why there is no admin listener.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Bad or busy address.
    #[error("{0} (the address is that of --admin; --admin none goes without)")]
    Listen(#[from] ListenError),
    /// The system refused something that it should not.
    #[error("cannot start the admin listener: {0}")]
    System(#[from] io::Error),
}

/// A running admin listener; it ends when this is dropped, after the answers that are under way.
#[derive(Debug)]
pub struct Admin {
    address: ListenAddress,
    stop: UnixStream,
    /// Closed by the thread at its end.
    ended: Receiver<Infallible>,
}

impl Admin {
    /// Listens at `address`: a Unix socket is its user's alone, mode 0600. `service` is made on the new thread, which may
    /// run on `cores`.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on, or the system has no thread or descriptor left.
    pub fn start<S: Service + 'static>(
        address: &ListenAddress,
        cores: Cores,
        service: impl FnOnce() -> S + Send + 'static,
    ) -> Result<Self, AdminError> {
        let (stop, stopped) = UnixStream::pair()?;
        let (bound, is_bound) = mpsc::sync_channel(1);
        let wanted = address.clone();
        let (ending, ended) = mpsc::sync_channel(0);
        background::start("admin", cores, move || {
            let _ending = ending;
            // The program logs where it listens; the start and stop of this thread would look like those of a second server.
            tracing::subscriber::with_default(NoSubscriber::default(), || {
                match listen::bind_private(&wanted, LIMITS.accept_backlog) {
                    Ok((listener, socket)) => serve(listener, socket, stopped, service, &bound),
                    // `Admin::start` waits for it.
                    Err(error) => drop(bound.send(Err(error.into()))),
                }
            });
        })?;
        let address = is_bound.recv().map_err(|_| io::Error::other("its thread ended"))??;
        Ok(Self { address, stop, ended })
    }

    /// Where it listens; for port 0 the port that the kernel chose.
    pub fn address(&self) -> &ListenAddress {
        &self.address
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        // Fails only if the thread has ended by itself.
        let _ = self.stop.write_all(b"x");
        // Its socket's path goes with it. A thread that has no turn on a busy core holds up no other's end.
        let _ = self.ended.recv_timeout(END_PATIENCE);
    }
}

fn serve<S: Service + 'static>(
    listener: Listener,
    socket: OwnedFd,
    stopped: UnixStream,
    service: impl FnOnce() -> S,
    bound: &SyncSender<Result<ListenAddress, AdminError>>,
) {
    let mut runtime = match Runtime::epoll() {
        Ok(runtime) => runtime,
        Err(error) => return drop(bound.send(Err(io::Error::other(error).into()))),
    };
    let pace = Rc::new(Pace::new(SHARE));
    let tasks = LIMITS.connections + limits::OTHER_TASKS;
    // These live as long as the process: every task refers to them.
    let phase = Arc::new(SharedPhase::new(Phase::Ready));
    let thread: &'static Thread = Box::leak(Box::new(Thread::new(phase.clone(), tasks)));
    let service = Guarded::new(service(), Guard::new(&listener.address), pace.clone(), phase);
    let endpoint: &'static Endpoint<_> = Box::leak(Box::new(Endpoint::new(thread, LIMITS, service)));
    runtime.block_on(async {
        let (Ok(socket), Ok(stop)) = (Socket::new(socket), Socket::new(stopped.into())) else { return };
        driver::spawn(async move {
            loop {
                driver::sleep(PACE_MS).await;
                // Connections that ask for nothing cost something, too.
                pace.rest();
            }
        });
        // Now it has all its descriptors, and answers.
        let _ = bound.send(Ok(listener.address.clone()));
        listener::serve_until_stopped(endpoint, listener, socket, Vec::new(), &stop).await;
    });
    // The kernel may still hold what the runtime would free.
    std::mem::forget(runtime);
}
