//! One thread's work: accepts connections, ends the ones that are too slow, and stops cleanly.

use crate::allocator;
use crate::buffer_pool::BufferPool;
use crate::connection_table::ConnectionTable;
use crate::driver::{self};
use crate::fair_yield::FairYield;
use crate::limits::{self, Limits};
use crate::phase::Phase;
use http::{Connection, Service};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Instant;

/// What all connections of a thread share. Lives until the process ends.
pub struct Worker<S> {
    pub limits: Limits,
    pub service: RefCell<S>,
    pub pool: RefCell<BufferPool>,
    pub connections: ConnectionTable,
    pub fair_yield: FairYield,
    /// Shared with the service, which answers by it.
    pub phase: Rc<Cell<Phase>>,
    started: Instant,
    /// The task that accepts, to wake it for a stop.
    pub acceptor: RefCell<Option<Waker>>,
    /// When expired connections are to be looked for.
    next_sweep_ms: Cell<u64>,
    /// When the next fault of accepting may be logged.
    pub next_report_ms: Cell<u64>,
    /// What was done so far.
    pub counts: Counts,
}

/// One thread's plain counters.
#[derive(Default)]
pub struct Counts {
    /// Accepted.
    pub connections: Cell<u64>,
    /// Of the connections that are closed.
    pub answers: Cell<u64>,
    /// By accepting and closing; what remains of the thread's count is by requests.
    connection_allocations: Cell<u64>,
}

impl<S: Service> Worker<S> {
    /// Makes everything that serving needs.
    pub fn new(limits: Limits, service: S, phase: Rc<Cell<Phase>>) -> Self {
        Self {
            limits,
            service: RefCell::new(service),
            pool: RefCell::new(BufferPool::new(&limits)),
            connections: ConnectionTable::new(limits.connections),
            fair_yield: FairYield::new(limits.connections + limits::OTHER_TASKS),
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
    pub fn count(&self, connection: &Connection<S>) {
        add(&self.counts.answers, connection.answers());
    }

    /// Does a part of accepting or closing a connection, which may allocate.
    pub fn counted_apart<T>(&self, part: impl FnOnce() -> T) -> T {
        let before = allocator::count();
        let done = part();
        add(&self.counts.connection_allocations, allocator::count() - before);
        done
    }

    /// All of this thread, but those of accepting and closing connections.
    pub fn request_allocations(&self) -> u64 {
        allocator::count() - self.counts.connection_allocations.get()
    }

    /// Makes room in the runtime for every connection, so that serving allocates nothing for it.
    pub async fn reserve(&self) {
        if let Err(error) = driver::reserve(self.limits.connections + limits::OTHER_TASKS).await {
            tracing::warn!(%error, "cannot make room for every connection now; it is made when it is needed");
        }
    }

    /// Ends connections that are too slow, for ever.
    pub async fn sweep(&'static self) {
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
                self.fair_yield.yield_now().await;
            }
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

/// Adds to one of the counters.
pub fn add(counter: &Cell<u64>, more: u64) {
    counter.set(counter.get() + more);
}
