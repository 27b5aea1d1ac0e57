//! What the limits add up to in memory.

use crate::limits::{MEMORY_BYTES, PARSER_BYTES_PER_BODY_BYTE, PROCESS_BYTES};
use listener::Limits;

/// The most memory that a server with such a listener takes beside the shared index: (what for, bytes).
pub const fn terms(limits: &Limits) -> [(&'static str, usize); 5] {
    let [buffers, table, tasks] = listener::memory(limits);
    [
        buffers,
        table,
        tasks,
        ("parser", PARSER_BYTES_PER_BODY_BYTE * limits.body_bytes),
        ("program, allocator, log and driver", PROCESS_BYTES),
    ]
}

/// Sum of [`terms`].
pub const fn bytes(limits: &Limits) -> usize {
    let terms = terms(limits);
    let (mut sum, mut term) = (0, 0);
    while term < terms.len() {
        sum += terms[term].1;
        term += 1;
    }
    sum
}

const _: () = assert!(bytes(&Limits::DEFAULT) <= MEMORY_BYTES, "the sum of all limits must fit");
