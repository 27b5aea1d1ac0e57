//! The only door to monoio: a runtime on the driver that works here, descriptors to wait on, and time.
//!
//! Waiting is what the ring (or epoll) does; the reads and writes that follow are plain non-blocking calls that
//! cannot wait. So the kernel never holds a buffer, idle connections need none, and a wait can be dropped at any
//! moment without losing data or a descriptor: that is what makes time-outs simple.
#![allow(unsafe_code)]

mod probe;
mod reserve;

pub use probe::Refused;
pub use reserve::reserve;

use crate::limits;
use monoio::net::UnixStream;
use monoio::time::TimeDriver;
use monoio::{FusionRuntime, IoUringDriver, LegacyDriver, RuntimeBuilder};
use rustix::net::{RecvFlags, SendFlags, Shutdown, SocketFlags};
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

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
    #[error("io_uring does not work here ({0}); use --driver auto or --driver epoll")]
    NoIoUring(Refused),
    #[error("cannot make an epoll instance: {0}")]
    NoEpoll(io::Error),
}

impl Runtime {
    /// Chooses, proves and builds; says once in the log what it took and why.
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

    /// Runs until `future` is done.
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn io_uring() -> Result<Self, Refused> {
        // Kernels before 5.19 do not know the flag.
        let rings = [("coop_taskrun", probe::tuned_ring()), ("none", io_uring::IoUring::builder())];
        let (flags, builder) = probe::first_that_works(rings)?;
        let runtime = RuntimeBuilder::<IoUringDriver>::new()
            .with_entries(limits::RING_ENTRIES)
            .uring_builder(builder)
            .enable_timer()
            .build()
            .map_err(|error| Refused { operation: "io_uring_setup", error })?;
        tracing::info!(driver = "io_uring", flags, "proved by an operation");
        Ok(Self(FusionRuntime::Uring(runtime)))
    }

    fn epoll() -> Result<Self, DriverError> {
        let builder = RuntimeBuilder::<LegacyDriver>::new().with_entries(limits::RING_ENTRIES).enable_timer();
        Ok(Self(FusionRuntime::Legacy(builder.build().map_err(DriverError::NoEpoll)?)))
    }
}

/// A socket of any kind that can be waited on. It is non-blocking whatever the driver.
#[derive(Debug)]
pub struct Socket {
    // monoio's stream types differ in nothing that is used here, so one of them stands for all: connections and
    // listeners, TCP and Unix, and the signal pipe.
    inner: UnixStream,
}

impl Socket {
    /// Registers `descriptor` with the running driver.
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&descriptor, true)?;
        Ok(Self { inner: UnixStream::from_std(descriptor.into())? })
    }

    /// Waits until a read or an accept would not block.
    pub async fn readable(&self) -> io::Result<()> {
        if monoio::utils::is_legacy() {
            // The epoll driver cannot see the plain reads below, so it takes a drained socket for a readable one
            // until it has asked the kernel once. After that its own word is good: a second question per request
            // would be a system call for nothing.
            let asked = {
                let mut asking = pin!(self.inner.readable(false));
                poll_fn(|context| Poll::Ready(asking.as_mut().poll(context))).await
            };
            return match asked {
                Poll::Ready(result) => result,
                Poll::Pending => self.inner.readable(true).await,
            };
        }
        self.inner.readable(false).await
    }

    /// Waits until a write would not block.
    pub async fn writable(&self) -> io::Result<()> {
        self.inner.writable(false).await
    }

    /// Reads what is there; `None` if nothing is, 0 at the end.
    pub fn receive(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        unless_blocked(rustix::net::recv(self, room, RecvFlags::DONTWAIT).map(|(count, _)| count))
    }

    /// Writes what fits; `None` if nothing does.
    pub fn send(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        unless_blocked(rustix::net::send(self, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL))
    }

    /// Takes one connection; `None` if nobody waits. It is registered with the running driver.
    pub fn accept(&self) -> io::Result<Option<Self>> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let Some(descriptor) = unless_blocked(rustix::net::accept_with(self, flags))? else { return Ok(None) };
        Ok(Some(Self { inner: UnixStream::from_std(descriptor.into())? }))
    }

    /// Tells the peer that nothing more will come.
    pub fn end_output(&self) {
        // A peer that is gone needs no telling.
        let _ = rustix::net::shutdown(self, Shutdown::Write);
    }

    /// Ends both directions, and with them every wait. A listener refuses connections from now on, at once and whatever
    /// else refers to it.
    pub fn end(&self) {
        // A peer that is gone, or a listener that is none any longer, has ended them already.
        let _ = rustix::net::shutdown(self, Shutdown::Both);
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: `inner` owns the descriptor and closes it no earlier than its own drop, which `self` outlives.
        unsafe { BorrowedFd::borrow_raw(self.inner.as_raw_fd()) }
    }
}

fn unless_blocked<T>(result: rustix::io::Result<T>) -> io::Result<Option<T>> {
    use rustix::io::Errno;
    match result {
        Ok(value) => Ok(Some(value)),
        // A connection that was gone before it was accepted is nobody's fault and nothing to wait for.
        Err(Errno::WOULDBLOCK | Errno::INTR | Errno::CONNABORTED) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Waits.
pub async fn sleep(milliseconds: u64) {
    monoio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Starts a task on the running runtime.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    monoio::spawn(task);
}
