//! What the limits add up to in memory.

use crate::limits::{Limits, PARSER_BYTES_PER_BODY_BYTE, PROCESS_BYTES};
use crate::{connection_table, session};

impl Limits {
    /// The most memory that a server takes beside the shared index: (what for, bytes).
    pub const fn memory(&self) -> [(&'static str, usize); 5] {
        [
            ("request buffers", self.buffers * self.http().buffer_bytes()),
            ("connection table", self.connections * connection_table::ENTRY_BYTES),
            ("connection tasks", self.connections * session::TASK_BYTES),
            ("parser", PARSER_BYTES_PER_BODY_BYTE * self.body_bytes),
            ("program, allocator, log and driver", PROCESS_BYTES),
        ]
    }

    /// Sum of [`Limits::memory`].
    pub const fn memory_bytes(&self) -> usize {
        let terms = self.memory();
        let (mut sum, mut term) = (0, 0);
        while term < terms.len() {
            sum += terms[term].1;
            term += 1;
        }
        sum
    }
}
