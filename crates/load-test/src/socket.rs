//! A stream socket that never waits.

use crate::target::Endpoint;
use runtime::nonblocking;
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// An open socket.
#[derive(Debug)]
pub struct Socket(OwnedFd);

/// How connecting began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connect {
    Done,
    /// When the socket becomes writable, [`Socket::connected`] tells the outcome.
    Underway,
}

impl Socket {
    pub fn connect(endpoint: &Endpoint) -> io::Result<(Self, Connect)> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (socket, begun) = match endpoint {
            Endpoint::Tcp(address) => {
                let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
                let socket = net::socket_with(family, SocketType::STREAM, flags, None)?;
                sockopt::set_tcp_nodelay(&socket, true)?;
                let begun = net::connect(&socket, address);
                (socket, begun)
            }
            Endpoint::Unix(path) => {
                let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
                let begun = net::connect(&socket, &SocketAddrUnix::new(path)?);
                (socket, begun)
            }
        };
        match begun {
            Ok(()) => Ok((Self(socket), Connect::Done)),
            Err(Errno::INPROGRESS) => Ok((Self(socket), Connect::Underway)),
            Err(error) => Err(error.into()),
        }
    }

    /// The outcome of a connect that was underway.
    pub fn connected(&self) -> io::Result<()> {
        Ok(sockopt::socket_error(&self.0)??)
    }

    /// Bytes taken; `None` if none can be taken now.
    pub fn send(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        nonblocking::send(&self.0, bytes)
    }

    /// Bytes read, 0 at the end; `None` if there are none now.
    pub fn receive(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        nonblocking::receive(&self.0, room)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
