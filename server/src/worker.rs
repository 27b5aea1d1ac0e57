//! One thread's work: accepts connections, ends the ones that are too slow, and stops cleanly.

use crate::buffers::Pool;
use crate::connection;
use crate::driver::{self, Socket};
use crate::handler::{Phase, Service};
use crate::limits::{self, Limits};
use crate::listen::Listener;
use crate::slots::Slots;
use rustix::net::sockopt;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Instant;

/// What all connections of a thread share. Lives until the process ends.
pub struct Worker<S> {
    pub limits: Limits,
    pub service: RefCell<S>,
    pub pool: RefCell<Pool>,
    pub slots: Slots,
    /// Shared with the service, which answers by it.
    pub phase: Rc<Cell<Phase>>,
    started: Instant,
    acceptor: RefCell<Option<Waker>>,
    /// When the next fault of accepting may be logged.
    next_report_ms: Cell<u64>,
}

impl<S: Service> Worker<S> {
    /// Makes everything that serving needs.
    pub fn new(limits: Limits, service: S, phase: Rc<Cell<Phase>>) -> Self {
        Self {
            limits,
            service: RefCell::new(service),
            pool: RefCell::new(Pool::new(&limits)),
            slots: Slots::new(limits.connections),
            phase,
            started: Instant::now(),
            acceptor: RefCell::new(None),
            next_report_ms: Cell::new(0),
        }
    }

    /// Milliseconds since start-up.
    pub fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Serves until a byte arrives on `signals`, then finishes open requests; true if all were finished in time.
    pub async fn run(&'static self, mut listener: Listener, socket: Socket, signals: Socket) -> bool {
        let is_tcp = listener.is_tcp;
        let socket = Rc::new(socket);
        driver::spawn(self.sweep());
        driver::spawn(self.accept_all(socket.clone(), is_tcp));
        wait_for_byte(&signals).await;
        listener.unlink();
        self.accept_some(&socket, is_tcp);
        // Not left to the close: a ring may hold the listener for a while after the process has ended, and
        // connections would be lost in its queue.
        socket.end_listening();
        self.phase.set(Phase::Draining);
        tracing::info!(open = self.slots.open_count(), "stopping: no new connections, open requests are finished");
        self.drain(&signals).await
    }

    async fn drain(&self, signals: &Socket) -> bool {
        if let Some(acceptor) = self.acceptor.borrow().as_ref() {
            acceptor.wake_by_ref();
        }
        self.slots.wake_all();
        let end_ms = self.now_ms() + self.limits.drain_timeout_ms;
        let mut discarded = [0; 16];
        while self.slots.open_count() > 0 {
            let is_asked_again = matches!(signals.receive(&mut discarded), Ok(Some(1..)));
            if is_asked_again || self.now_ms() >= end_ms {
                tracing::warn!(open = self.slots.open_count(), "stopped before every connection was finished");
                return false;
            }
            driver::sleep(10).await;
        }
        true
    }

    async fn sweep(&'static self) {
        loop {
            driver::sleep(limits::SWEEP_MS).await;
            self.slots.wake_expired(self.now_ms());
        }
    }

    async fn accept_all(&'static self, listener: Rc<Socket>, is_tcp: bool) {
        while self.phase.get() != Phase::Draining {
            if !self.slots.has_room() {
                self.slots.evict_idle();
                driver::sleep(1).await;
                continue;
            }
            if !self.accept_some(&listener, is_tcp) {
                let makes_room = self.slots.evict_idle();
                driver::sleep(if makes_room { 1 } else { limits::ACCEPT_BACKOFF_MS }).await;
                continue;
            }
            self.connection_waits(&listener).await;
        }
    }

    /// False if the process is short of descriptors or memory.
    fn accept_some(&'static self, listener: &Socket, is_tcp: bool) -> bool {
        for _ in 0..limits::ACCEPT_BURST {
            let Some(place) = self.slots.open() else { return true };
            match listener.accept() {
                Ok(Some(socket)) => {
                    if is_tcp {
                        // Answers are written in one go: holding a part back only delays it. A connection that
                        // is already gone shows at the first read.
                        let _ = sockopt::set_tcp_nodelay(&socket, true);
                    }
                    driver::spawn(connection::serve(self, socket, place));
                }
                Ok(None) => return true,
                Err(error) => {
                    self.report(&error);
                    return false;
                }
            }
        }
        true
    }

    fn report(&self, error: &io::Error) {
        let now_ms = self.now_ms();
        if now_ms >= self.next_report_ms.get() {
            self.next_report_ms.set(now_ms + limits::ACCEPT_REPORT_MS);
            tracing::warn!(%error, open = self.slots.open_count(), "cannot accept; trying again");
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
