//! Requests without an answer that counts.

use serde::Serialize;

/// Why a request has no answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A status other than 200.
    Status,
    /// No HTTP, or a body that decides nothing.
    Broken,
    /// No connection, or closed before the answer was whole.
    Connection,
    /// Nothing in time.
    TimedOut,
}

/// Requests without an answer that counts, by what went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// Another status than 200.
    pub status: u64,
    /// No HTTP, or a body that decides nothing.
    pub broken: u64,
    /// No connection, or closed before the answer was whole.
    pub connection: u64,
    /// Nothing in time.
    pub timed_out: u64,
}

impl Errors {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.status + self.broken + self.connection + self.timed_out
    }

    /// Adds one.
    pub fn add(&mut self, fault: Fault) {
        let count = match fault {
            Fault::Status => &mut self.status,
            Fault::Broken => &mut self.broken,
            Fault::Connection => &mut self.connection,
            Fault::TimedOut => &mut self.timed_out,
        };
        *count += 1;
    }
}
