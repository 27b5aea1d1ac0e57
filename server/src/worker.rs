//! One thread's work: accepts connections, ends the ones that are too slow, and stops cleanly.

use crate::allocator;
use crate::buffers::Pool;
use crate::conn::Conn;
use crate::connection;
use crate::driver::{self, Socket};
use crate::handler::{Phase, Service};
use crate::limits::{self, Limits};
use crate::listen::Listener;
use crate::slots::Slots;
use crate::turns::Turns;
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
    pub turns: Turns,
    /// Shared with the service, which answers by it.
    pub phase: Rc<Cell<Phase>>,
    started: Instant,
    acceptor: RefCell<Option<Waker>>,
    /// When expired connections are to be looked for.
    next_sweep_ms: Cell<u64>,
    /// When the next fault of accepting may be logged.
    next_report_ms: Cell<u64>,
    /// What was done so far.
    counts: Counts,
}

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

/// One thread's plain counters.
#[derive(Default)]
struct Counts {
    connections: Cell<u64>,
    /// Of the connections that are closed.
    answers: Cell<u64>,
    /// By accepting and closing; what remains of the thread's count is by requests.
    connection_allocations: Cell<u64>,
}

impl<S: Service> Worker<S> {
    /// Makes everything that serving needs.
    pub fn new(limits: Limits, service: S, phase: Rc<Cell<Phase>>) -> Self {
        Self {
            limits,
            service: RefCell::new(service),
            pool: RefCell::new(Pool::new(&limits)),
            slots: Slots::new(limits.connections),
            turns: Turns::new(limits.connections + limits::OTHER_TASKS),
            phase,
            started: Instant::now(),
            acceptor: RefCell::new(None),
            next_sweep_ms: Cell::new(0),
            next_report_ms: Cell::new(0),
            counts: Counts::default(),
        }
    }

    /// Milliseconds since start-up.
    pub fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Remembers what a connection did that is closed now.
    pub fn count(&self, conn: &Conn) {
        add(&self.counts.answers, conn.answers());
    }

    /// Does a part of accepting or closing a connection, which may allocate.
    pub fn counted_apart<T>(&self, part: impl FnOnce() -> T) -> T {
        let before = allocator::count();
        let done = part();
        add(&self.counts.connection_allocations, allocator::count() - before);
        done
    }

    /// All of this thread, but those of accepting and closing connections.
    fn request_allocations(&self) -> u64 {
        allocator::count() - self.counts.connection_allocations.get()
    }

    /// Makes room in the runtime for every connection, so that serving allocates nothing for it.
    pub async fn reserve(&self) {
        if let Err(error) = driver::reserve(self.limits.connections + limits::OTHER_TASKS).await {
            tracing::warn!(%error, "cannot make room for every connection now; it is made when it is needed");
        }
    }

    /// Serves until a byte arrives on `signals`, then finishes open requests.
    pub async fn run(&'static self, mut listener: Listener, socket: Socket, signals: Socket) -> Served {
        let is_tcp = listener.is_tcp;
        let socket = Rc::new(socket);
        driver::spawn(self.sweep());
        driver::spawn(self.turns.give(|| self.sweep_if_due()));
        driver::spawn(self.accept_all(socket.clone(), is_tcp));
        // These have their first turn now, in which the driver makes room for their waits.
        self.turns.pass().await;
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
                    let open = self.slots.open_count();
                    tracing::info!(open, "stopping: no new connections, open requests are finished");
                }
                // Idle ones close, and so make room for those that still wait.
                self.slots.wake_all();
            }
            if left == 0 && self.slots.open_count() == 0 {
                return true;
            }
            let is_asked_again = matches!(signals.receive(&mut discarded), Ok(Some(1..)));
            if is_asked_again || self.now_ms() >= end_ms {
                tracing::warn!(open = self.slots.open_count(), "stopped before every connection was finished");
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

    async fn sweep(&'static self) {
        loop {
            driver::sleep(limits::SWEEP_MS).await;
            self.sweep_if_due();
        }
    }

    /// Never sleeps deeply, and burns no more than a small share: short waits, each followed by a look without waiting.
    pub async fn keep_warm(&'static self) {
        // Else the kernel puts 50 us on each wait. Where it refuses, it stays at that.
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
        loop {
            driver::sleep(limits::WARM_WAIT_MS).await;
            let woken = Instant::now();
            while woken.elapsed().as_micros() < u128::from(limits::WARM_SPIN_US) {
                self.turns.pass().await;
            }
        }
    }

    fn sweep_if_due(&self) {
        let now_ms = self.now_ms();
        if now_ms >= self.next_sweep_ms.get() {
            // A timer that fires a little early must not miss its turn.
            self.next_sweep_ms.set(now_ms + limits::SWEEP_MS / 2);
            self.slots.wake_expired(now_ms);
        }
    }

    async fn accept_all(&'static self, listener: Rc<Socket>, is_tcp: bool) {
        while self.phase.get() != Phase::Draining {
            if !self.slots.has_room() {
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
        let leaves = self.slots.evict_idle();
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
        let Some(place) = self.slots.open() else { return Accepted::NoRoom };
        self.counted_apart(|| match listener.accept() {
            Ok(Some(socket)) => {
                if is_tcp {
                    // Answers are written in one go: holding a part back only delays it. A connection that is already
                    // gone shows at the first read.
                    let _ = sockopt::set_tcp_nodelay(&socket, true);
                }
                driver::spawn(connection::serve(self, socket, place));
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

/// What came of accepting a connection.
enum Accepted {
    One,
    NoneWaits,
    /// The table of connections is full.
    NoRoom,
    /// The process is short of descriptors or memory.
    Failed,
}

fn add(counter: &Cell<u64>, more: u64) {
    counter.set(counter.get() + more);
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
