//! Where clients connect: a Unix socket, or a TCP port.

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::fmt::{self, Display};
use std::fs::Permissions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::limits;
use crate::port;
use crate::port_error::PortError;
use crate::siblings::Membership;

/// An address to listen on: `unix:PATH` or `tcp:HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// `HOST:PORT`; port 0 lets the kernel choose.
    Tcp(String),
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const USAGE: &str = "give unix:PATH or tcp:HOST:PORT, such as tcp:127.0.0.1:9999";
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Ok(Self::Unix(path.into())),
            Some(("tcp", host)) if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) => {
                Ok(Self::Tcp(host.into()))
            }
            _ => Err(USAGE),
        }
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(host) => write!(f, "tcp:{host}"),
        }
    }
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("{0} is in use by a running server; stop it or choose another path")]
    InUse(PathBuf),
    #[error("{0} exists and is not a socket; remove it or choose another path")]
    NotASocket(PathBuf),
    #[error("--share-port is for TCP ports, and {0} is a path for one server; leave the option out")]
    SharedPath(Address),
    #[error("--share-port is for servers that have their index, and --wait-for-index for those without; leave one out")]
    SharedWithoutIndex,
    #[error(transparent)]
    Port(PortError),
    #[error("cannot listen on {address}: {error}")]
    Failed { address: Address, error: io::Error },
}

/// A bound listener. Its Unix socket is removed when it is dropped, unless another has taken the path.
#[derive(Debug)]
pub struct Listener {
    /// Where it listens; for port 0 the port that the kernel chose.
    pub address: Address,
    /// Connections need TCP_NODELAY.
    pub is_tcp: bool,
    path: Option<OwnedPath>,
    /// Among the servers that share its port.
    pub membership: Option<Membership>,
}

#[derive(Debug)]
struct OwnedPath {
    path: PathBuf,
    /// The path may belong to a successor by the time it would be removed.
    identity: Option<Identity>,
}

impl Drop for OwnedPath {
    fn drop(&mut self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            // Whoever removed it meanwhile did what was wanted.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Binds and listens; the descriptor is to be registered with the driver. `shared_index` is the checksum of the index
/// that all servers at a shared port serve; without it nobody else can listen there.
pub fn bind(address: &Address, backlog: usize, shared_index: Option<&str>) -> Result<(Listener, OwnedFd), ListenError> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    match address {
        Address::Unix(_) if shared_index.is_some() => Err(ListenError::SharedPath(address.clone())),
        Address::Unix(path) => bind_unix(path, backlog),
        Address::Tcp(host) => bind_tcp(host, backlog, shared_index).map_err(|error| match error {
            PortError::System(error) => ListenError::Failed { address: address.clone(), error },
            error => ListenError::Port(error),
        }),
    }
}

impl Listener {
    /// Takes away what others find it by: a Unix socket's path, or its name among those that share its port.
    pub fn unlink(&mut self) {
        self.path = None;
        self.membership = None;
    }
}

fn bind_unix(path: &Path, backlog: i32) -> Result<(Listener, OwnedFd), ListenError> {
    let address = Address::Unix(path.into());
    let failed = |error| ListenError::Failed { address: address.clone(), error };
    make_way(path)?;
    let socket = UnixListener::bind(path).map_err(failed)?;
    // The balancer runs as another user. Who may reach the socket is decided by its folder.
    std::fs::set_permissions(path, Permissions::from_mode(0o666)).map_err(failed)?;
    rustix::net::listen(&socket, backlog).map_err(|error| failed(error.into()))?;
    let owned = OwnedPath { path: path.into(), identity: identity(path) };
    Ok((Listener { address, is_tcp: false, path: Some(owned), membership: None }, socket.into()))
}

fn bind_tcp(host: &str, backlog: i32, shared_index: Option<&str>) -> Result<(Listener, OwnedFd), PortError> {
    let wanted = port::resolve(host)?;
    let (socket, membership) = match shared_index {
        None => (port::listen_alone(wanted, backlog)?, None),
        Some(index) => {
            let (socket, membership) = port::listen_shared(wanted, backlog, index)?;
            (socket, Some(membership))
        }
    };
    let address = Address::Tcp(port::bound(&socket)?.to_string());
    Ok((Listener { address, is_tcp: true, path: None, membership }, socket))
}

/// Removes the socket that a killed server left behind, and nothing else.
fn make_way(path: &Path) -> Result<(), ListenError> {
    let failed = |error| ListenError::Failed { address: Address::Unix(path.into()), error };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => Err(ListenError::NotASocket(path.into())),
        Ok(_) if is_soon_left_behind(path).map_err(failed)? => std::fs::remove_file(path).map_err(failed),
        Ok(_) => Err(ListenError::InUse(path.into())),
    }
}

/// A ring may hold the listener of a killed server for a moment after the process has ended.
fn is_soon_left_behind(path: &Path) -> io::Result<bool> {
    let end = Instant::now() + Duration::from_millis(limits::LEFT_BEHIND_MS);
    while !is_left_behind(path)? {
        if Instant::now() >= end {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(true)
}

/// Whether nobody listens any more; a busy listener is one, so this must not wait for its turn there.
fn is_left_behind(path: &Path) -> io::Result<bool> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok(rustix::net::connect(&socket, &SocketAddrUnix::new(path)?) == Err(rustix::io::Errno::CONNREFUSED))
}

/// Device, inode and time of the last change: inodes are used again at once.
type Identity = (u64, u64, i64, i64);

fn identity(path: &Path) -> Option<Identity> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_alike() {
        for text in ["unix:/run/api.sock", "tcp:127.0.0.1:9999", "tcp:[::1]:80", "tcp:localhost:0"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["", "unix:", "tcp:", "tcp:9999", "tcp:host", "tcp:host:port", "tcp:host:70000", "/run/api.sock"] {
            assert!(text.parse::<Address>().unwrap_err().contains("unix:PATH"), "{text}");
        }
    }

    #[test]
    fn a_socket_left_behind_is_replaced_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Unix(folder.path().join("api.sock"));
        let left_behind = UnixListener::bind(folder.path().join("api.sock")).unwrap();
        assert!(matches!(bind(&address, 8, None), Err(ListenError::InUse(_))));
        drop(left_behind);
        bind(&address, 8, None).unwrap();
    }

    #[test]
    fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.sock");
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(bind(&Address::Unix(path.clone()), 8, None), Err(ListenError::NotASocket(_))));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "precious");
    }

    #[test]
    fn the_path_is_removed_at_the_end_unless_a_successor_took_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.sock");
        let (listener, descriptor) = bind(&Address::Unix(path.clone()), 8, None).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o666);
        drop(descriptor);
        let (successor, _descriptor) = bind(&Address::Unix(path.clone()), 8, None).unwrap();
        drop(listener);
        assert!(path.exists(), "the successor's socket must stay");
        drop(successor);
        assert!(!path.exists());
    }
}
