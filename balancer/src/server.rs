//! One of the servers, as the balancer knows it.

use crate::link::Link;
use crate::pulse::{Health, Pulse};
use listener::listen::UnixPath;

/// A server that may be there or not.
#[derive(Debug)]
pub struct Server {
    /// Where it takes connections.
    pub path: UnixPath,
    /// The way to it, if it is there.
    pub link: Option<Link>,
    /// Its signs of life.
    pub pulse: Pulse,
    /// What they say.
    pub health: Health,
    /// Connections that it has of this balancer.
    pub assigned: usize,
    /// Connections that it says it has open.
    pub reported: u64,
    /// It refused a connection; it is asked again at the next look.
    pub is_full: bool,
    /// It is not listed any more.
    pub is_leaving: bool,
    /// When it is tried to be reached again.
    pub next_try_ms: u64,
    /// It has come back, and for so many looks gets of the others' connections.
    pub refill_looks: u32,
}

impl Server {
    /// A server that is not there yet.
    pub fn new(path: UnixPath, timeout_ms: u64) -> Self {
        Self {
            path,
            link: None,
            pulse: Pulse::new(timeout_ms),
            health: Health::Absent,
            assigned: 0,
            reported: 0,
            is_full: false,
            is_leaving: false,
            next_try_ms: 0,
            refill_looks: 0,
        }
    }

    /// It was left out of the list, and has nothing any more.
    pub fn is_gone(&self) -> bool {
        self.is_leaving && self.link.is_none() && self.assigned == 0
    }

    /// Connections that it has open, if it can take another. What it was just given is not in its report yet.
    pub fn open(&self) -> Option<u64> {
        let takes = self.health == Health::Ready && !self.is_full && !self.is_leaving && self.link.is_some();
        takes.then(|| self.reported.max(self.assigned as u64))
    }
}
