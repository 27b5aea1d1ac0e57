//! Accepts connections, starts a task for each, and at a stop takes those that still wait before it ends the listener.

use crate::endpoint::Endpoint;
use crate::limits;
use crate::phase::Phase;
use crate::session;
use http::Service;
use runtime::driver::{self, Socket};
use rustix::net::sockopt;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Accepts on one listener.
pub struct Acceptor<S: 'static> {
    endpoint: &'static Endpoint<S>,
    listener: Socket,
    /// Connections need TCP_NODELAY.
    is_tcp: bool,
    /// The task that accepts, to wake it for a stop.
    waker: RefCell<Option<Waker>>,
    /// When the next fault of accepting may be logged.
    next_report_ms: Cell<u64>,
}

impl<S: Service + 'static> Acceptor<S> {
    /// An acceptor that starts a session for each connection of `listener`.
    pub fn new(endpoint: &'static Endpoint<S>, listener: Socket, is_tcp: bool) -> Self {
        Self { endpoint, listener, is_tcp, waker: RefCell::new(None), next_report_ms: Cell::new(0) }
    }

    /// Accepts until the thread is draining.
    pub async fn accept_all(self: Rc<Self>) {
        while self.endpoint.phase() != Phase::Draining {
            if !self.endpoint.connections.has_room() || !self.accept_some() {
                self.endpoint.make_room().await;
                continue;
            }
            self.connection_waits().await;
        }
    }

    /// Takes the connections that wait in the listener's queue, ends it, and waits until all are served.
    /// Returns false if the drain time-out or a second signal ended the wait. The phase must be `Draining`.
    pub async fn drain(&self, signals: &Socket) -> bool {
        if let Some(task) = self.waker.borrow().as_ref() {
            task.wake_by_ref();
        }
        let endpoint = self.endpoint;
        let end_ms = endpoint.now_ms() + endpoint.limits.drain_timeout_ms;
        if !self.is_tcp {
            // Closes the accept queue to new connections; queued ones can still be accepted.
            self.listener.end();
        }
        // The accept queue holds at most this many: any further connection arrived after the signal.
        let mut left = endpoint.limits.accept_backlog + 1;
        let mut discarded = [0; 16];
        loop {
            if left > 0 {
                left = self.accept_queued(left);
                if left == 0 {
                    // Not left to the close: a ring may hold the listener for a while after the process has ended, and
                    // connections would be lost in its queue.
                    self.listener.end();
                    let open = endpoint.connections.open_count();
                    tracing::info!(open, "stopping: no new connections, open requests are finished");
                }
                // Idle ones close, and so make room for those that still wait.
                endpoint.connections.wake_all();
            }
            if left == 0 && endpoint.connections.open_count() == 0 {
                return true;
            }
            let is_asked_again = matches!(signals.receive(&mut discarded), Ok(Some(1..)));
            if is_asked_again || endpoint.now_ms() >= end_ms {
                tracing::warn!(
                    open = endpoint.connections.open_count(),
                    "stopped before every connection was finished"
                );
                return false;
            }
            driver::sleep(limits::DRAIN_POLL_MS).await;
        }
    }

    /// Accepts up to `most` connections. How many are left to be tried when there is room again; 0 when none waits.
    fn accept_queued(&self, most: usize) -> usize {
        for accepted in 0..most {
            match self.accept_one() {
                Accepted::One => {}
                Accepted::NoneWaits => return 0,
                Accepted::NoRoom | Accepted::Failed => return most - accepted,
            }
        }
        0
    }

    /// False if the process is short of descriptors or memory.
    fn accept_some(&self) -> bool {
        for _ in 0..limits::ACCEPT_BURST {
            match self.accept_one() {
                Accepted::One => {}
                Accepted::NoneWaits | Accepted::NoRoom => return true,
                Accepted::Failed => return false,
            }
        }
        true
    }

    fn accept_one(&self) -> Accepted {
        let endpoint = self.endpoint;
        let Some(handle) = endpoint.connections.open() else { return Accepted::NoRoom };
        endpoint.thread.counted_apart(|| match self.listener.accept() {
            Ok(Some(socket)) => {
                if self.is_tcp {
                    // Answers are written in one go: holding a part back only delays it. A connection that is already
                    // gone shows at the first read.
                    let _ = sockopt::set_tcp_nodelay(&socket, true);
                }
                session::start(endpoint, socket, handle);
                Accepted::One
            }
            Ok(None) => Accepted::NoneWaits,
            Err(error) => {
                self.report(&error);
                Accepted::Failed
            }
        })
    }

    fn report(&self, error: &io::Error) {
        let endpoint = self.endpoint;
        let now_ms = endpoint.now_ms();
        if now_ms >= self.next_report_ms.get() {
            self.next_report_ms.set(now_ms + limits::ACCEPT_REPORT_MS);
            tracing::warn!(%error, open = endpoint.connections.open_count(), "cannot accept; trying again");
        }
    }

    /// Waits for a connection to be accepted, or for the end.
    async fn connection_waits(&self) {
        let mut readable = pin!(self.listener.readable());
        poll_fn(|context| {
            if self.endpoint.phase() == Phase::Draining || readable.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            *self.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// What came of accepting a connection.
enum Accepted {
    One,
    NoneWaits,
    /// The table of connections is full.
    NoRoom,
    /// The process is short of descriptors or memory.
    Failed,
}
