//! Processes that a test knows by their numbers.

pub use testkit::procfs::{connections, figure, is_stopped, lives, unread_bytes};

use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal to a process that a test started.
pub fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}
