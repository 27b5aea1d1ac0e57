//! Socket calls that never wait, whatever the mode of the descriptor.
//!
//! `None` says that the call would have waited, or was interrupted by a signal: wait for the socket and try again.

use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags, SocketFlags};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Reads what is there: bytes read, 0 at the end of the stream.
///
/// # Errors
///
/// What the kernel says, such as a connection that was reset.
///
/// ```
/// let (near, far) = std::os::unix::net::UnixStream::pair()?;
/// let mut room = [0; 8];
/// assert_eq!(runtime::nonblocking::receive(&near, &mut room)?, None);
/// assert_eq!(runtime::nonblocking::send(&far, b"abc")?, Some(3));
/// assert_eq!(runtime::nonblocking::receive(&near, &mut room)?, Some(3));
/// # Ok::<(), std::io::Error>(())
/// ```
#[inline]
pub fn receive(socket: impl AsFd, room: &mut [u8]) -> io::Result<Option<usize>> {
    unless_blocked(net::recv(socket, room, RecvFlags::DONTWAIT).map(|(count, _)| count))
}

/// Writes what fits: bytes taken. A peer that is gone is an error and no signal.
///
/// # Errors
///
/// What the kernel says, such as a broken pipe.
#[inline]
pub fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<Option<usize>> {
    unless_blocked(net::send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL))
}

/// Takes one connection of a listener, which must be non-blocking. A connection that was gone before it could be taken
/// is nobody's fault and counts as none.
///
/// # Errors
///
/// What the kernel says, such as too many open descriptors.
#[inline]
pub fn accept(listener: impl AsFd) -> io::Result<Option<OwnedFd>> {
    match net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
        Err(Errno::CONNABORTED) => Ok(None),
        result => unless_blocked(result),
    }
}

#[inline]
fn unless_blocked<T>(result: rustix::io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
