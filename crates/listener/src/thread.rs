//! What all listeners of a serving thread share: its clock, its phase, its counts, and how its tasks take turns.

use crate::counter::Counter;
use crate::fair_yield::FairYield;
use crate::phase::SharedPhase;
use runtime::allocator;
use std::sync::Arc;
use std::time::Instant;

/// One serving thread. Lives until the process ends.
pub struct Thread {
    /// Shared with the services, which answer by it.
    pub phase: Arc<SharedPhase>,
    /// How its tasks take turns.
    pub fair_yield: FairYield,
    /// What was done so far; other threads may read it.
    pub counts: Arc<Counts>,
    started: Instant,
}

/// What a thread counts.
#[derive(Debug, Default)]
pub struct Counts {
    /// Connections accepted.
    pub connections: Counter,
    /// Connections that are open now.
    pub open: Counter,
    /// Request buffers that are lent now.
    pub buffers: Counter,
    /// Answers of the connections that are closed.
    pub answers: Counter,
    /// Allocations by accepting and closing; what remains of the thread's count is by requests.
    connection_allocations: Counter,
}

impl Thread {
    /// Room for `tasks` that wait for a turn at once.
    pub fn new(phase: Arc<SharedPhase>, tasks: usize) -> Self {
        Self { phase, fair_yield: FairYield::new(tasks), counts: Arc::default(), started: Instant::now() }
    }

    /// Milliseconds since start-up.
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Does a part of accepting or closing a connection, which may allocate.
    pub fn counted_apart<T>(&self, part: impl FnOnce() -> T) -> T {
        let before = allocator::count();
        let done = part();
        self.counts.connection_allocations.add(allocator::count() - before);
        done
    }

    /// All of this thread, but those of accepting and closing connections.
    pub fn request_allocations(&self) -> u64 {
        allocator::count() - self.counts.connection_allocations.get()
    }
}
