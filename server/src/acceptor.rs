//! Accepts connections, starts a task for each, and at a stop takes those that still wait before it ends the listener.

use crate::driver::{self, Socket};
use crate::limits;
use crate::listen::Listener;
use crate::phase::Phase;
use crate::session;
use crate::worker::{Worker, add};
use http::Service;
use rustix::net::sockopt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// What a thread did until it was stopped.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Every open request was finished in time.
    pub is_finished: bool,
    /// Connections accepted.
    pub connections: u64,
    /// Answers given, errors included.
    pub answers: u64,
    /// Allocations from the start of serving to the stop, those of accepting and closing connections apart.
    pub allocations: u64,
}

impl<S: Service> Worker<S> {
    /// Serves until a byte arrives on `signals`, then finishes open requests.
    pub async fn run(&'static self, mut listener: Listener, socket: Socket, signals: Socket) -> Served {
        let is_tcp = listener.is_tcp;
        let socket = Rc::new(socket);
        driver::spawn(self.sweep());
        driver::spawn(self.fair_yield.wake_waiting(|| self.sweep_if_due()));
        driver::spawn(self.accept_all(socket.clone(), is_tcp));
        // These have their first turn now, in which the driver makes room for their waits.
        self.fair_yield.yield_now().await;
        let before = self.request_allocations();
        wait_for_byte(&signals).await;
        let allocations = self.request_allocations() - before;
        listener.unlink();
        let is_finished = self.drain(&socket, is_tcp, &signals).await;
        Served {
            is_finished,
            connections: self.counts.connections.get(),
            answers: self.counts.answers.get(),
            allocations,
        }
    }

    /// Takes the connections that wait in the listener's queue, ends it, and waits until all are served.
    async fn drain(&'static self, listener: &Socket, is_tcp: bool, signals: &Socket) -> bool {
        self.phase.set(Phase::Draining);
        if let Some(acceptor) = self.acceptor.borrow().as_ref() {
            acceptor.wake_by_ref();
        }
        let end_ms = self.now_ms() + self.limits.drain_timeout_ms;
        if !is_tcp {
            // Nobody new gets into the queue, and those in it can still be accepted.
            listener.end();
        }
        // The queue is no longer than this, so what comes behind the last of these came after the signal.
        let mut left = self.limits.accept_backlog + 1;
        let mut discarded = [0; 16];
        loop {
            if left > 0 {
                left = self.accept_queued(listener, is_tcp, left);
                if left == 0 {
                    // Not left to the close: a ring may hold the listener for a while after the process has ended, and
                    // connections would be lost in its queue.
                    listener.end();
                    let open = self.connections.open_count();
                    tracing::info!(open, "stopping: no new connections, open requests are finished");
                }
                // Idle ones close, and so make room for those that still wait.
                self.connections.wake_all();
            }
            if left == 0 && self.connections.open_count() == 0 {
                return true;
            }
            let is_asked_again = matches!(signals.receive(&mut discarded), Ok(Some(1..)));
            if is_asked_again || self.now_ms() >= end_ms {
                tracing::warn!(open = self.connections.open_count(), "stopped before every connection was finished");
                return false;
            }
            driver::sleep(limits::DRAIN_POLL_MS).await;
        }
    }

    /// Accepts up to `most` connections. How many are left to be tried when there is room again; 0 when none waits.
    fn accept_queued(&'static self, listener: &Socket, is_tcp: bool, most: usize) -> usize {
        for accepted in 0..most {
            match self.accept_one(listener, is_tcp) {
                Accepted::One => {}
                Accepted::NoneWaits => return 0,
                Accepted::NoRoom | Accepted::Failed => return most - accepted,
            }
        }
        0
    }

    async fn accept_all(&'static self, listener: Rc<Socket>, is_tcp: bool) {
        while self.phase.get() != Phase::Draining {
            if !self.connections.has_room() {
                self.make_room().await;
                continue;
            }
            if !self.accept_some(&listener, is_tcp) {
                self.make_room().await;
                continue;
            }
            self.connection_waits(&listener).await;
        }
    }

    /// Asks an idle connection to leave; if there is none, waits for others to finish.
    async fn make_room(&self) {
        let leaves = self.connections.evict_idle();
        driver::sleep(if leaves { 1 } else { limits::ACCEPT_BACKOFF_MS }).await;
    }

    /// False if the process is short of descriptors or memory.
    fn accept_some(&'static self, listener: &Socket, is_tcp: bool) -> bool {
        for _ in 0..limits::ACCEPT_BURST {
            match self.accept_one(listener, is_tcp) {
                Accepted::One => {}
                Accepted::NoneWaits | Accepted::NoRoom => return true,
                Accepted::Failed => return false,
            }
        }
        true
    }

    fn accept_one(&'static self, listener: &Socket, is_tcp: bool) -> Accepted {
        let Some(place) = self.connections.open() else { return Accepted::NoRoom };
        self.counted_apart(|| match listener.accept() {
            Ok(Some(socket)) => {
                if is_tcp {
                    // Answers are written in one go: holding a part back only delays it. A connection that is already
                    // gone shows at the first read.
                    let _ = sockopt::set_tcp_nodelay(&socket, true);
                }
                driver::spawn(session::serve(self, socket, place));
                add(&self.counts.connections, 1);
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
        let now_ms = self.now_ms();
        if now_ms >= self.next_report_ms.get() {
            self.next_report_ms.set(now_ms + limits::ACCEPT_REPORT_MS);
            tracing::warn!(%error, open = self.connections.open_count(), "cannot accept; trying again");
        }
    }

    /// Waits for a connection to be accepted, or for the end.
    async fn connection_waits(&self, listener: &Socket) {
        let mut readable = pin!(listener.readable());
        poll_fn(|context| {
            if self.phase.get() == Phase::Draining || readable.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            *self.acceptor.borrow_mut() = Some(context.waker().clone());
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

async fn wait_for_byte(signals: &Socket) {
    let mut bytes = [0; 16];
    loop {
        // Errors cannot happen on a socket pair whose other end the signal handler holds for ever.
        let _ = signals.readable().await;
        if matches!(signals.receive(&mut bytes), Ok(Some(_)) | Err(_)) {
            return;
        }
    }
}
