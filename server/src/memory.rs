//! What the limits add up to in memory.

use crate::limits::{
    DECISION_LOG_RING_BYTES, MAX_ANSWER_BYTES, MEMORY_BYTES, MEMORY_OF_ROWS_BYTES, MEMORY_WITH_LOG_BYTES,
    PARSER_BYTES_PER_BODY_BYTE, PROCESS_BYTES, ROW_READER_BYTES_PER_BODY_BYTE,
};
use listener::Limits;

/// The most memory that a server with such a listener takes beside the shared index: (what for, bytes).
pub const fn terms(limits: &Limits, has_decision_log: bool) -> [(&'static str, usize); 6] {
    let [buffers, table, tasks] = listener::memory(limits);
    [
        buffers,
        table,
        tasks,
        ("parser", PARSER_BYTES_PER_BODY_BYTE * limits.body_bytes),
        ("program, allocator, log and driver", PROCESS_BYTES),
        ("decision log", if has_decision_log { decision_log(limits) } else { 0 }),
    ]
}

/// What waits, a body and a parser to explain it with, and its line: not much longer than the body, in a buffer that may
/// have doubled.
const fn decision_log(limits: &Limits) -> usize {
    DECISION_LOG_RING_BYTES + (1 + PARSER_BYTES_PER_BODY_BYTE + 2) * limits.body_bytes
}

/// Sum of [`terms`].
pub const fn bytes(limits: &Limits, has_decision_log: bool) -> usize {
    let terms = terms(limits, has_decision_log);
    let (mut sum, mut term) = (0, 0);
    while term < terms.len() {
        sum += terms[term].1;
        term += 1;
    }
    sum
}

const _: () = assert!(bytes(&Limits::DEFAULT, false) <= MEMORY_BYTES, "the sum of all limits must fit");
const _: () = assert!(bytes(&Limits::DEFAULT, true) <= MEMORY_WITH_LOG_BYTES, "with a decision log, too");

/// What answers by rows take more than those by the contest's references, if the longest has `answer_bytes`: room for one to be
/// written, and one for each request buffer whose connection keeps it until it is sent; and a reader of any schema.
pub const fn of_rows(limits: &Limits, answer_bytes: usize, has_decision_log: bool) -> usize {
    let readers = 1 + has_decision_log as usize;
    let reader = (ROW_READER_BYTES_PER_BODY_BYTE - PARSER_BYTES_PER_BODY_BYTE) * limits.body_bytes;
    (limits.buffers + readers) * answer_bytes + readers * reader
}

const _: () = assert!(
    bytes(&Limits::DEFAULT, true) + of_rows(&Limits::DEFAULT, MAX_ANSWER_BYTES, true) <= MEMORY_OF_ROWS_BYTES,
    "by rows, too, whatever their schema is"
);
