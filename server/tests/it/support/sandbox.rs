//! Processes that may not use io_uring, as in containers.
#![allow(unsafe_code)]

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::process::Command;

// The same numbers on every architecture.
const IO_URING_SETUP: i64 = 425;
const IO_URING_ENTER: i64 = 426;
const IO_URING_REGISTER: i64 = 427;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    None,
    /// As Docker's default profile does it.
    NoIoUring,
    /// A ring can be made, and never used.
    NoIoUringEnter,
    /// No more than so many bytes of locked memory, and no privilege to have more.
    LockedMemory(u64),
}

impl Sandbox {
    /// Makes `command` start confined.
    pub fn confine(self, command: &mut Command) {
        let refused: &[i64] = match self {
            Self::None => return,
            Self::NoIoUring => &[IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER],
            Self::NoIoUringEnter => &[IO_URING_ENTER],
            Self::LockedMemory(bytes) => return limit_locked_memory(command, bytes),
        };
        let filter = filter(refused);
        // SAFETY: between fork and exec only system calls are made; the filter was compiled before.
        unsafe {
            command.pre_exec(move || seccompiler::apply_filter(&filter).map_err(|_| std::io::ErrorKind::Other.into()));
        }
    }
}

fn limit_locked_memory(command: &mut Command, bytes: u64) {
    let limit = move || -> std::io::Result<()> {
        // A user who has not the privilege cannot give it up either.
        let _ = remove_capability_from_bounding_set(CapabilitySet::IPC_LOCK);
        setrlimit(Resource::Memlock, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made.
    unsafe { command.pre_exec(limit) };
}

fn filter(refused: &[i64]) -> BpfProgram {
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> = refused.iter().map(|&call| (call, vec![])).collect();
    let eperm = SeccompAction::Errno(1);
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    SeccompFilter::new(rules, SeccompAction::Allow, eperm, architecture).unwrap().try_into().unwrap()
}
