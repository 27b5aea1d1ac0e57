//! Descriptors to wait on.
#![allow(unsafe_code, reason = "monoio's streams lend no descriptor")]

use crate::nonblocking;
use monoio::net::UnixStream;
use rustix::net::Shutdown;
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::pin::pin;
use std::task::Poll;

/// A socket of any kind that can be waited on. It is non-blocking whatever the driver.
#[derive(Debug)]
pub struct Socket {
    // monoio's stream types differ in nothing that is used here, so one of them stands for all: connections and
    // listeners, TCP and Unix, and the signal pipe.
    pub(super) inner: UnixStream,
}

impl Socket {
    /// Registers `descriptor` with the running driver.
    ///
    /// # Errors
    ///
    /// It is no socket, or the driver cannot register it.
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&descriptor, true)?;
        Ok(Self { inner: UnixStream::from_std(descriptor.into())? })
    }

    /// Waits until a read or an accept would not block.
    ///
    /// # Errors
    ///
    /// Shows again, and more plainly, in the call that follows.
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
    ///
    /// # Errors
    ///
    /// As of [`Socket::readable`].
    pub async fn writable(&self) -> io::Result<()> {
        self.inner.writable(false).await
    }

    /// Reads what is there; `None` if nothing is, 0 at the end.
    ///
    /// # Errors
    ///
    /// Those of [`nonblocking::receive`].
    #[inline]
    pub fn receive(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        nonblocking::receive(self, room)
    }

    /// Writes what fits; `None` if nothing does.
    ///
    /// # Errors
    ///
    /// Those of [`nonblocking::send`].
    #[inline]
    pub fn send(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        nonblocking::send(self, bytes)
    }

    /// Takes one connection; `None` if nobody waits. It is registered with the running driver.
    ///
    /// # Errors
    ///
    /// Those of [`nonblocking::accept`], or the driver cannot register it.
    pub fn accept(&self) -> io::Result<Option<Self>> {
        let Some(descriptor) = nonblocking::accept(self)? else { return Ok(None) };
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
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: `inner` owns the descriptor and closes it no earlier than its own drop, which `self` outlives.
        unsafe { BorrowedFd::borrow_raw(self.inner.as_raw_fd()) }
    }
}
