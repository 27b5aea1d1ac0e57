//! The only door to monoio: a runtime on the driver that works here, descriptors to wait on, and time.
//!
//! Waiting is what the ring (or epoll) does; the reads and writes that follow are plain non-blocking calls that
//! cannot wait. So the kernel never holds a buffer, idle connections need none, and a wait can be dropped at any
//! moment without losing data or a descriptor: that is what makes time-outs simple.

mod reserve;
mod socket;

pub use reserve::reserve;
pub use socket::Socket;

use crate::probe::{self, Refused};
use monoio::time::TimeDriver;
use monoio::{FusionRuntime, IoUringDriver, LegacyDriver, RuntimeBuilder};
use std::future::Future;
use std::io;
use std::time::Duration;

/// Entries of the ring: 0.45 MB, and more operations than this are submitted in several goes.
const RING_ENTRIES: u32 = 1024;

/// Which driver to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Choice {
    /// io_uring if it works here, else epoll
    Auto,
    /// io_uring or nothing
    IoUring,
    /// epoll, whatever else would work
    Epoll,
}

/// A runtime for the calling thread. Dropping it and going on in the same process is not safe: run it until the
/// process ends.
pub struct Runtime(FusionRuntime<TimeDriver<IoUringDriver>, TimeDriver<LegacyDriver>>);

/// No driver works.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// io_uring was asked for by name.
    #[error("io_uring does not work here ({0}); use --driver auto or --driver epoll")]
    NoIoUring(Refused),
    /// Not even epoll.
    #[error("cannot make an epoll instance: {0}")]
    NoEpoll(io::Error),
}

impl Runtime {
    /// Chooses, proves and builds; says once in the log what it took and why.
    ///
    /// # Errors
    ///
    /// The driver that was asked for, or epoll, does not work here.
    pub fn new(choice: Choice) -> Result<Self, DriverError> {
        match choice {
            Choice::Epoll => {
                tracing::info!(driver = "epoll", "asked for");
                Self::epoll()
            }
            Choice::IoUring => Self::io_uring().map_err(DriverError::NoIoUring),
            Choice::Auto => Self::io_uring().or_else(|refused| {
                tracing::warn!(driver = "epoll", %refused, "io_uring does not work here, using epoll");
                Self::epoll()
            }),
        }
    }

    /// What it waits with: `io_uring` or `epoll`.
    pub fn driver(&self) -> &'static str {
        match self.0 {
            FusionRuntime::Uring(_) => "io_uring",
            FusionRuntime::Legacy(_) => "epoll",
        }
    }

    /// Runs until `future` is done.
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn io_uring() -> Result<Self, Refused> {
        // Kernels before 5.19 do not know the flag.
        let rings = [("coop_taskrun", probe::tuned_ring()), ("none", probe::default_ring())];
        let (flags, builder) = probe::first_that_works(rings, probe::WAITING)?;
        let runtime = RuntimeBuilder::<IoUringDriver>::new()
            .with_entries(RING_ENTRIES)
            .uring_builder(builder)
            .enable_timer()
            .build()
            .map_err(|error| Refused { operation: "io_uring_setup", error })?;
        tracing::info!(driver = "io_uring", flags, "proved by an operation");
        Ok(Self(FusionRuntime::Uring(runtime)))
    }

    /// Without a ring, and without a word in the log.
    ///
    /// # Errors
    ///
    /// Epoll does not work here.
    pub fn epoll() -> Result<Self, DriverError> {
        let builder = RuntimeBuilder::<LegacyDriver>::new().with_entries(RING_ENTRIES).enable_timer();
        Ok(Self(FusionRuntime::Legacy(builder.build().map_err(DriverError::NoEpoll)?)))
    }
}

/// Waits; the runtime's shortest wait is a millisecond.
pub async fn sleep(milliseconds: u64) {
    monoio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Starts a task on the running runtime.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    monoio::spawn(task);
}
