//! A service behind one listener, with the limits, buffers and connections that belong to it alone.
//!
//! A thread can have several: each bounds its own connections, so that none takes the room of another's.

use crate::balancer_links::BalancerLinks;
use crate::buffer_pool::BufferPool;
use crate::connection_table::ConnectionTable;
use crate::fair_yield::FairYield;
use crate::limits::{self, Limits};
use crate::phase::Phase;
use crate::thread::Thread;
use handoff::{BEAT_MS, Standing};
use http::{Buffer, Connection, Service};
use runtime::driver;
use std::cell::{Cell, RefCell};

/// What all connections of a listener share. Lives until the process ends.
pub struct Endpoint<S> {
    /// On which it is served.
    pub thread: &'static Thread,
    /// What its connections may take.
    pub limits: Limits,
    /// What answers.
    pub service: RefCell<S>,
    pool: RefCell<BufferPool>,
    pub(crate) connections: ConnectionTable,
    /// Of balancers that hand connections over.
    pub(crate) links: BalancerLinks,
    /// When expired connections are to be looked for.
    next_sweep_ms: Cell<u64>,
}

impl<S: Service + 'static> Endpoint<S> {
    /// Makes everything that serving needs.
    pub fn new(thread: &'static Thread, limits: Limits, service: S) -> Self {
        Self {
            thread,
            limits,
            service: RefCell::new(service),
            pool: RefCell::new(BufferPool::new(&limits)),
            connections: ConnectionTable::new(limits.connections),
            links: BalancerLinks::new(),
            next_sweep_ms: Cell::new(0),
        }
    }

    /// How the tasks of the thread take turns.
    #[inline]
    pub fn fair_yield(&self) -> &'static FairYield {
        &self.thread.fair_yield
    }

    /// The phase of the thread.
    #[inline]
    pub fn phase(&self) -> Phase {
        self.thread.phase.get()
    }

    /// Milliseconds since start-up.
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.thread.now_ms()
    }

    /// Lends a buffer, unless all of them are lent.
    #[inline]
    pub(crate) fn take_buffer(&self) -> Option<Buffer> {
        let buffer = self.pool.borrow_mut().take()?;
        let lent = &self.thread.counts.buffers;
        lent.set(lent.get() + 1);
        Some(buffer)
    }

    /// Takes a buffer back.
    #[inline]
    pub(crate) fn put_buffer(&self, buffer: Buffer) {
        self.pool.borrow_mut().put(buffer);
        let lent = &self.thread.counts.buffers;
        lent.set(lent.get() - 1);
    }

    /// Remembers what a connection did that is closed now.
    pub(crate) fn count_closed(&self, connection: &Connection<S>) {
        let counts = &self.thread.counts;
        counts.answers.add(connection.answers());
        counts.open.set(counts.open.get() - 1);
    }

    /// Makes room in the runtime for every connection, so that serving allocates nothing for it.
    pub async fn reserve(&self) {
        if let Err(error) = driver::reserve(self.limits.connections + limits::OTHER_TASKS).await {
            tracing::warn!(%error, "cannot make room for every connection now; it is made when it is needed");
        }
    }

    /// Asks an idle connection to leave; if there is none, waits for others to finish.
    pub(crate) async fn make_room(&self) {
        let leaves = self.connections.evict_idle();
        driver::sleep(if leaves { 1 } else { limits::ACCEPT_BACKOFF_MS }).await;
    }

    /// Tells balancers that this thread is alive, for ever.
    pub(crate) async fn beat(&'static self) {
        loop {
            self.beat_if_due();
            driver::sleep(BEAT_MS).await;
        }
    }

    /// The same, unless that was done just now.
    #[inline]
    pub(crate) fn beat_if_due(&self) {
        if !self.links.is_empty() {
            self.links.beat_if_due(self.now_ms(), standing(self.phase()), self.connections.open_count());
        }
    }

    /// Ends connections that are too slow, for ever.
    pub async fn sweep(&'static self) {
        loop {
            driver::sleep(limits::SWEEP_MS).await;
            self.sweep_if_due();
        }
    }

    /// Looks for connections that are too slow, unless that was done just now.
    pub fn sweep_if_due(&self) {
        let now_ms = self.now_ms();
        if now_ms >= self.next_sweep_ms.get() {
            // A timer that fires a little early must not miss its turn.
            self.next_sweep_ms.set(now_ms + limits::SWEEP_MS / 2);
            self.connections.wake_expired(now_ms);
        }
    }
}

/// As balancers are told.
fn standing(phase: Phase) -> Standing {
    match phase {
        Phase::Starting => Standing::Starting,
        Phase::Ready => Standing::Ready,
        Phase::Draining => Standing::Draining,
    }
}
