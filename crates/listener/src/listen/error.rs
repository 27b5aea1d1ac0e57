//! Why an address cannot be listened on.

use super::address::ListenAddress;
use crate::limits;
use std::fmt::{self, Display};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// By a process that listens there.
    #[error("{0} is in use by a running server; stop it or choose another path")]
    InUse(PathBuf),
    /// What is there is left alone.
    #[error("{0} exists and is not a socket; remove it or choose another path")]
    NotASocket(PathBuf),
    /// A path has one server.
    #[error("--share-port is for TCP ports, and {0} is a path for one server; leave the option out")]
    SharedPath(ListenAddress),
    /// What they serve must be known before they share.
    #[error("--share-port is for servers that have their index, and --wait-for-index for those without; leave one out")]
    SharedWithoutIndex,
    /// A TCP port.
    #[error(transparent)]
    Port(PortError),
    /// The system refused.
    #[error("cannot listen on {address}: {error}")]
    Failed {
        /// Where it was tried.
        address: ListenAddress,
        /// What the system said.
        error: io::Error,
    },
}

/// Why a port cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is what its text says
pub enum PortError {
    #[error(
        "tcp:{0} is in use (`ss -ltnp 'sport = :{port}'` shows by whom); choose another port; servers of one index can \
         share it if each is started with `server --share-port`", port = .0.port()
    )]
    InUse(SocketAddr),
    #[error(
        "tcp:{0} is in use, and not by servers of this user with --share-port (`ss -ltnp 'sport = :{port}'` shows by \
         whom); choose another port", port = .0.port()
    )]
    NotShared(SocketAddr),
    #[error(
        "tcp:{address} is shared by servers with another index ({theirs}, {process}) than this one's ({ours}); \
         load the same index or choose another port"
    )]
    OtherIndex { address: SocketAddr, theirs: String, process: Process, ours: String },
    #[error("tcp:{address} is in use: {process} shares tcp:{theirs}; listen there too, or choose another port")]
    OtherAddress { address: SocketAddr, theirs: String, process: Process },
    #[error("{process} shares port {port} and does not say which index it serves; end it or choose another port")]
    NoAnswer { port: u16, process: Process },
    #[error("another server has been starting on port {port} for {} s; end it or choose another port", limits::TURN_WAIT_MS / 1000)]
    NoTurn { port: u16 },
    #[error(transparent)]
    System(#[from] io::Error),
}

impl PortError {
    /// A ring may hold the sockets of a killed server for a moment after the process has ended.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::InUse(_) | Self::NotShared(_))
    }
}

/// A process, or 0 for one that cannot be seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process(pub i32);

impl Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => write!(f, "a process of another container"),
            id => write!(f, "process {id}"),
        }
    }
}
