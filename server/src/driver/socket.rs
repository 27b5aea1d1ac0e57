//! Descriptors to wait on.
#![allow(unsafe_code)]

use monoio::net::UnixStream;
use rustix::net::{RecvFlags, SendFlags, Shutdown, SocketFlags};
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
