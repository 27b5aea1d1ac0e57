//! Proves that io_uring works before anything depends on it.
//!
//! A sandbox may allow a ring to be made and refuse to enter it, or pretend to have entered it. So a ring that can be
//! made proves nothing: one real wait on a real socket must come back in time.
#![allow(unsafe_code, reason = "an operation is pushed into the ring")]

use io_uring::{IoUring, opcode, types};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

/// What is advised where the limit of locked memory is too low: a ring takes up to 128 KiB, and a user's processes are
/// counted together.
const ADVISED_MEMLOCK_BYTES: u64 = 8 * 1024 * 1024;
/// How long the ring may take for the operation that proves it works.
const PATIENCE_NS: u32 = 500_000_000;

/// An operation that a program needs: its name, and its code in the ring's interface.
pub type Operation = (&'static str, u8);

/// What waiting for sockets needs.
pub const WAITING: &[Operation] = &[
    ("poll", opcode::PollAdd::CODE),
    ("cancel", opcode::AsyncCancel::CODE),
    ("close", opcode::Close::CODE),
    ("timeout", opcode::Timeout::CODE),
];

/// What reading files needs.
pub const READING: &[Operation] = &[("read", opcode::Read::CODE)];

/// A ring as the kernel makes it.
pub fn default_ring() -> io_uring::Builder {
    IoUring::builder()
}

/// The ring that is level with epoll: completions are processed when the thread enters the kernel anyway,
/// instead of interrupting it. The default ring reaches 0.64 to 0.81 of epoll's requests a second.
pub fn tuned_ring() -> io_uring::Builder {
    let mut builder = IoUring::builder();
    builder.setup_coop_taskrun();
    builder
}

/// What the system refused.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {error}{}", self.advice())]
pub struct Refused {
    /// The system call, or what was asked of it.
    pub operation: &'static str,
    /// What the kernel said.
    pub error: io::Error,
}

impl Refused {
    fn by(operation: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self { operation, error }
    }

    /// What to do about it, if that is known.
    fn advice(&self) -> String {
        match (self.error.raw_os_error().map(Errno::from_raw_os_error), getrlimit(Resource::Memlock).current) {
            // Where there is no limit the system itself has no memory.
            (Some(Errno::NOMEM), Some(bytes)) => format!(
                " (a ring is locked memory, of which the processes of this user may have {} KiB together; `ulimit -l {}` \
                 before the start, or `ulimits: {{memlock: {}}}` in a compose file, allows more)",
                bytes / 1024,
                ADVISED_MEMLOCK_BYTES / 1024,
                ADVISED_MEMLOCK_BYTES,
            ),
            _ => String::new(),
        }
    }

    /// Whether another ring may do: the kernel does not know what this one asked for.
    fn is_unknown_flag(&self) -> bool {
        self.error.raw_os_error() == Some(Errno::INVAL.raw_os_error())
    }
}

/// The first of `rings` (flags, builder) with which all of `needed` works; goes on to the next only if the kernel does
/// not know a flag.
///
/// # Errors
///
/// What the system refused of the last ring that was tried.
pub fn first_that_works(
    rings: impl IntoIterator<Item = (&'static str, io_uring::Builder)>,
    needed: &[Operation],
) -> Result<(&'static str, io_uring::Builder), Refused> {
    let mut refused = Refused { operation: "io_uring", error: io::ErrorKind::Unsupported.into() };
    for (flags, builder) in rings {
        match works(&builder, needed) {
            Ok(()) => return Ok((flags, builder)),
            Err(error) if error.is_unknown_flag() => refused = error,
            Err(error) => return Err(error),
        }
    }
    Err(refused)
}

/// Whether a ring made by `builder` works and knows all of `needed`. Needs Linux 5.11.
///
/// # Errors
///
/// What the system refused.
pub fn works(builder: &io_uring::Builder, needed: &[Operation]) -> Result<(), Refused> {
    let mut ring: IoUring = builder.build(8).map_err(Refused::by("io_uring_setup"))?;
    let mut known = io_uring::Probe::new();
    ring.submitter().register_probe(&mut known).map_err(Refused::by("io_uring_register"))?;
    if let Some(&(operation, _)) = needed.iter().find(|&&(_, code)| !known.is_supported(code)) {
        return Err(Refused { operation, error: io::ErrorKind::Unsupported.into() });
    }
    let (near, mut far) = UnixStream::pair().map_err(Refused::by("socketpair"))?;
    far.write_all(b"!").map_err(Refused::by("write"))?;
    let poll = opcode::PollAdd::new(types::Fd(near.as_raw_fd()), rustix::event::PollFlags::IN.bits().into()).build();
    // SAFETY: the operation refers to no memory, and `near` stays open until the ring is dropped below it.
    unsafe { ring.submission().push(&poll) }.map_err(|full| Refused::by("submission queue")(io::Error::other(full)))?;
    let in_time = types::Timespec::new().nsec(PATIENCE_NS);
    let entered = ring.submitter().submit_with_args(1, &types::SubmitArgs::new().timespec(&in_time));
    entered.map_err(Refused::by("io_uring_enter"))?;
    let completion = ring.completion().next();
    drop(ring);
    match completion.map(|completion| completion.result()) {
        None => Err(Refused { operation: "poll", error: io::ErrorKind::TimedOut.into() }),
        Some(failed) if failed < 0 => Err(Refused { operation: "poll", error: io::Error::from_raw_os_error(-failed) }),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where io_uring is forbidden there is nothing to find; the process tests cover that side.
    fn is_allowed() -> bool {
        IoUring::new(2).is_ok()
    }

    /// What an old kernel does with a flag that it does not know, a new one does with two that exclude each other.
    fn unknown() -> io_uring::Builder {
        let mut builder = tuned_ring();
        builder.setup_sqpoll(1);
        builder
    }

    #[test]
    fn a_ring_that_works_is_found_working() {
        if is_allowed() {
            assert_eq!(first_that_works([("tuned", tuned_ring())], WAITING).unwrap().0, "tuned");
        }
    }

    #[test]
    fn a_kernel_that_does_not_know_a_flag_gets_the_ring_without_it() {
        if is_allowed() {
            let rings = [("unknown", unknown()), ("none", IoUring::builder())];
            assert_eq!(first_that_works(rings, WAITING).unwrap().0, "none");
            let refused = first_that_works([("unknown", unknown())], READING).err().unwrap();
            assert!(refused.to_string().starts_with("io_uring_setup: Invalid argument"), "{refused}");
        }
    }
}
