//! Processes that may not use io_uring, as in containers, or have little locked memory for it.
#![allow(unsafe_code, reason = "what a child does between fork and exec")]

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// `io_uring_setup`; the same number on every architecture, as the two below.
pub const IO_URING_SETUP: i64 = 425;
/// `io_uring_enter`.
pub const IO_URING_ENTER: i64 = 426;
/// `io_uring_register`.
pub const IO_URING_REGISTER: i64 = 427;
/// All system calls of io_uring.
pub const IO_URING: [i64; 3] = [IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER];

/// `inotify_init1`.
pub const INOTIFY_INIT: i64 = if cfg!(target_arch = "x86_64") { 294 } else { 26 };

/// EPERM, as Docker answers.
const PERMISSION_DENIED: u32 = 1;
/// EMFILE, as the kernel answers a user who has as many of something as there may be.
const TOO_MANY: u32 = 24;

/// How a process is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// Not at all.
    None,
    /// As Docker's default profile does it.
    NoIoUring,
    /// A ring can be made, and never used.
    NoIoUringEnter,
    /// No more than so many bytes of locked memory, and no privilege to have more.
    LockedMemory(u64),
    /// Nobody tells of changes in folders.
    NoInotify,
}

impl Sandbox {
    /// Makes `command`, and all that it starts, start confined.
    pub fn confine(self, command: &mut Command) {
        match self {
            Self::None => {}
            Self::NoIoUring => refuse(command, &IO_URING, PERMISSION_DENIED),
            Self::NoIoUringEnter => refuse(command, &[IO_URING_ENTER], PERMISSION_DENIED),
            Self::NoInotify => refuse(command, &[INOTIFY_INIT], TOO_MANY),
            Self::LockedMemory(bytes) => limit_locked_memory(command, bytes),
        }
    }
}

/// Lets `system_calls` of `command`, and of all that it starts, fail with the error number `errno`; 0 pretends success.
///
/// # Panics
///
/// The filter cannot be compiled for this architecture.
pub fn refuse(command: &mut Command, system_calls: &[i64], errno: u32) {
    let filter = filter(system_calls, errno).expect("a filter of system call numbers alone compiles");
    // SAFETY: between fork and exec only system calls are made; the filter was compiled before.
    unsafe {
        command.pre_exec(move || seccompiler::apply_filter(&filter).map_err(|_| io::ErrorKind::Other.into()));
    }
}

fn filter(system_calls: &[i64], errno: u32) -> Result<BpfProgram, seccompiler::BackendError> {
    let rules = system_calls.iter().map(|&call| (call, Vec::new())).collect();
    let architecture = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno), architecture)?.try_into()
}

fn limit_locked_memory(command: &mut Command, bytes: u64) {
    let limit = move || -> io::Result<()> {
        // A user who has not the privilege cannot give it up either.
        let _ = remove_capability_from_bounding_set(CapabilitySet::IPC_LOCK);
        setrlimit(Resource::Memlock, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made.
    unsafe { command.pre_exec(limit) };
}
