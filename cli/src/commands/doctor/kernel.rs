//! What kernel and processor offer: io_uring, vector instructions, cores.

use super::finding::Finding;
use index::InstructionSet;
use runtime::{affinity, probe};
use rustix::process::{Resource, getrlimit};

/// A ring of a server.
const RING_BYTES: u64 = 512 << 10;

/// Checks them.
pub fn check() -> Vec<Finding> {
    vec![io_uring(), locked_memory(), search(), cores()]
}

fn io_uring() -> Finding {
    const NAME: &str = "io_uring";
    let rings = [("coop_taskrun", probe::tuned_ring()), ("none", probe::default_ring())];
    match probe::first_that_works(rings, probe::WAITING) {
        Ok((flags, _)) => Finding::fine(NAME, format!("works (flags: {flags})")),
        Err(refused) => Finding::note(
            NAME,
            format!("does not work here ({refused}), epoll is used"),
            "kernel 5.11 or newer, sysctl kernel.io_uring_disabled=0, and in a container deploy/seccomp/io_uring.json",
        ),
    }
}

fn locked_memory() -> Finding {
    const NAME: &str = "locked memory";
    match getrlimit(Resource::Memlock).current {
        Some(bytes) if bytes < 2 * RING_BYTES => {
            Finding::note(NAME, format!("{} KB", bytes >> 10), "older kernels count rings there: ulimit -l 8192")
        }
        Some(bytes) => Finding::fine(NAME, format!("{} KB", bytes >> 10)),
        None => Finding::fine(NAME, "unlimited"),
    }
}

fn search() -> Finding {
    const NAME: &str = "vector instructions";
    let all: Vec<&str> = InstructionSet::available().into_iter().map(|set| set.name()).collect();
    let chosen = InstructionSet::detect().name();
    let found = format!("searches with {chosen} (of {})", all.join(", "));
    if chosen == "scalar" {
        return Finding::note(NAME, found, "exact, but ten times slower than with AVX2, AVX-512 or NEON");
    }
    Finding::fine(NAME, found)
}

fn cores() -> Finding {
    const NAME: &str = "cores";
    let cores = affinity::allowed_cores();
    let found = format!("{} that this process may use", cores.len());
    if cores.len() < 2 {
        return Finding::note(NAME, found, "servers and load test share it: figures of a load test on it mean little");
    }
    Finding::fine(NAME, found)
}
