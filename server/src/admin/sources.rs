//! Everything that can be looked at in a server, for threads other than the serving one.

use super::process::Memory;
use crate::decision_log;
use crate::options::Instance;
use crate::reload::Reload;
use crate::telemetry::Telemetry;
use listener::{Counts, SharedPhase};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// What a server is observed by.
#[derive(Clone)]
pub struct Sources {
    /// Requests.
    pub telemetry: Arc<Telemetry>,
    /// Connections and buffers.
    pub counts: Arc<Counts>,
    /// Sampled decisions; all 0 where none is logged.
    pub decision_log: Arc<decision_log::Counts>,
    /// The generation that answers, and those that were refused.
    pub reload: Reload,
    /// Starting, ready or draining.
    pub phase: Arc<SharedPhase>,
    /// What does not change.
    pub facts: Facts,
}

/// What does not change while a server lives.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Which of how many.
    pub instance: Instance,
    /// `io_uring` or `epoll`.
    pub driver: &'static str,
    /// The instruction set of the search.
    pub kernel: &'static str,
    /// Request buffers, lent or not.
    pub buffers: usize,
    /// When the server began to serve, for ages.
    pub started: Instant,
    /// The same, for others' clocks.
    pub started_at: SystemTime,
}

impl Sources {
    /// Memory of this process.
    pub fn memory(&self) -> Memory {
        Memory::now()
    }
}

/// Seconds since 1970.
pub fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
