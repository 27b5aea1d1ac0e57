//! Finds out whether io_uring works, by one real operation.
//!
//! Making a ring proves nothing: a seccomp profile may allow `io_uring_setup` and refuse `io_uring_enter`, and
//! tokio-uring then waits for ever for what was never submitted.
#![allow(unsafe_code)]

use io_uring::{IoUring, opcode};
use std::io;

/// An error says why io_uring cannot be used.
pub(super) fn probe() -> io::Result<()> {
    let mut ring = IoUring::new(2)?;
    let nothing = opcode::Nop::new().build();
    // SAFETY: the operation names no buffer and no descriptor that would have to outlive it.
    unsafe { ring.submission().push(&nothing) }.map_err(io::Error::other)?;
    ring.submit_and_wait(1)?;
    match ring.completion().next() {
        Some(completion) if completion.result() >= 0 => Ok(()),
        Some(completion) => Err(io::Error::from_raw_os_error(-completion.result())),
        // a filter may also pretend success
        None => Err(io::Error::other("the ring completed nothing")),
    }
}
