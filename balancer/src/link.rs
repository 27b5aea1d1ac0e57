//! The way to one server.

use handoff::{Handed, Hello};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// A channel to a server that knows the page.
#[derive(Debug)]
pub struct Link(OwnedFd);

/// What came of handing a connection over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is on its way.
    Sent,
    /// The server does not take any now, or is gone, which is told by the poller.
    Refused,
}

impl Link {
    /// Connects to the server at `path` and introduces the page in `page_file`.
    ///
    /// # Errors
    ///
    /// Nobody listens there, or somebody who does not take the first message.
    pub fn open(path: &Path, hello: Hello, page_file: BorrowedFd<'_>) -> io::Result<Self> {
        let channel = handoff::connect(path)?;
        if !handoff::send(&channel, &hello.to_bytes(), page_file)? {
            return Err(Errno::AGAIN.into());
        }
        Ok(Self(channel))
    }

    /// Hands a connection over.
    pub fn hand(&self, socket: BorrowedFd<'_>, handed: Handed) -> Delivery {
        match handoff::send(&self.0, &handed.to_bytes(), socket) {
            Ok(true) => Delivery::Sent,
            Ok(false) | Err(_) => Delivery::Refused,
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
