//! What the limits of a listener add up to in memory.

use crate::limits::Limits;
use crate::{connection_table, session};

/// The most that a listener and its connections take: (what for, bytes).
pub const fn memory(limits: &Limits) -> [(&'static str, usize); 3] {
    [
        ("request buffers", limits.buffers * limits.http().buffer_bytes()),
        ("connection table", limits.connections * connection_table::ENTRY_BYTES),
        ("connection tasks", limits.connections * session::TASK_BYTES),
    ]
}
