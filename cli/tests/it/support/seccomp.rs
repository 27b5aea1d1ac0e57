//! A process tree that may not use io_uring, like a container with Docker's default profile.
#![allow(unsafe_code)]

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// System calls 425 to 427: io_uring_setup, io_uring_enter, io_uring_register. The same on every architecture.
const IO_URING_CALLS: std::ops::RangeInclusive<i64> = 425..=427;

/// EPERM, as Docker answers.
const PERMISSION_DENIED: u32 = 1;

/// Refuses io_uring to `command` and all it starts.
pub fn refuse_io_uring(command: &mut Command) {
    let rules = IO_URING_CALLS.map(|call| (call, Vec::new())).collect();
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let refused = SeccompAction::Errno(PERMISSION_DENIED);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, architecture).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    let before_exec = move || apply_filter(&program).map_err(|_| std::io::ErrorKind::PermissionDenied.into());
    // SAFETY: between fork and exec the closure only makes the system calls that install the prepared filter.
    unsafe {
        command.pre_exec(before_exec);
    }
}
