//! What the balancer counts, for its admin thread to read.

use crate::pulse::Health;
use handoff::SERVERS;
use listener::Counter;
use std::sync::{Mutex, PoisonError};

/// What was done so far, and what there is now. One thread writes.
#[derive(Debug, Default)]
pub struct Counts {
    /// Clients accepted.
    pub accepted: Counter,
    /// Connections given to another server, of which the one before had read nothing.
    pub passed_on: Counter,
    /// Connections closed, of which a lost server had read a part of a request.
    pub lost: Counter,
    /// Clients closed for want of a server.
    pub unserved: Counter,
    /// Connections closed to make room for others.
    pub evicted: Counter,
    /// Connections open now.
    pub open: Counter,
    /// Clients that wait for a server now.
    pub waiting: Counter,
    servers: [ServerCounts; SERVERS],
    /// Paths of the servers, which change with their list alone.
    names: Mutex<Vec<String>>,
}

/// Of one server.
#[derive(Debug, Default)]
struct ServerCounts {
    connections: Counter,
    health: Counter,
}

/// One server as the admin thread shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFigures {
    /// Its path.
    pub name: String,
    /// Whether it takes connections.
    pub is_ready: bool,
    /// Connections that it has of this balancer.
    pub connections: u64,
}

impl Counts {
    /// From now on the servers have these paths.
    pub fn set_names(&self, names: Vec<String>) {
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// What a server has and is now.
    pub fn set_server(&self, server: usize, connections: usize, health: Health) {
        self.servers[server].connections.set(connections as u64);
        self.servers[server].health.set(u64::from(health == Health::Ready));
    }

    /// All servers.
    pub fn servers(&self) -> Vec<ServerFigures> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = |(name, counts): (&String, &ServerCounts)| ServerFigures {
            name: name.clone(),
            is_ready: counts.health.get() != 0,
            connections: counts.connections.get(),
        };
        names.iter().zip(&self.servers).map(figures).collect()
    }
}
