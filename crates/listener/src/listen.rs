//! Where clients connect: a Unix socket (`unix`), or a TCP port (`tcp`), which servers of one index may share
//! (`membership`).

mod address;
mod error;
mod membership;
mod tcp;
mod unix;

pub use address::{ListenAddress, UnixPath};
pub use error::ListenError;

use crate::limits;
use error::PortError;
pub use membership::{Announcement, Membership};
use rustix::net::SocketType;
use std::os::fd::OwnedFd;
use std::path::Path;
use unix::OwnedPath;

/// A bound listener. Its Unix socket is removed when it is dropped, unless another has taken the path.
#[derive(Debug)]
pub struct Listener {
    /// Where it listens; for port 0 the port that the kernel chose.
    pub address: ListenAddress,
    /// Connections need TCP_NODELAY.
    pub is_tcp: bool,
    path: Option<OwnedPath>,
    /// Among the servers that share its port.
    pub membership: Option<Membership>,
}

/// Binds and listens; the descriptor is to be registered with the driver. `shared_index` is the checksum of the index
/// that all servers at a shared port serve; without it nobody else can listen there. A Unix socket has mode 0666.
///
/// # Errors
///
/// [`ListenError`] names the address and what to do.
pub fn bind(
    address: &ListenAddress,
    backlog: usize,
    shared_index: Option<&str>,
) -> Result<(Listener, OwnedFd), ListenError> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    match address {
        ListenAddress::Unix(_) if shared_index.is_some() => Err(ListenError::SharedPath(address.clone())),
        ListenAddress::Unix(path) => bind_unix(path, backlog, unix::FOR_ALL),
        ListenAddress::Tcp(host) => bind_tcp(host, backlog, shared_index).map_err(|error| match error {
            PortError::System(error) => ListenError::Failed { address: address.clone(), error },
            error => ListenError::Port(error),
        }),
    }
}

/// [`bind`] for nobody but this user: a Unix socket has mode 0600, and a port is not shared.
///
/// # Errors
///
/// As of [`bind`].
pub fn bind_private(address: &ListenAddress, backlog: usize) -> Result<(Listener, OwnedFd), ListenError> {
    match address {
        ListenAddress::Unix(path) => bind_unix(path, i32::try_from(backlog).unwrap_or(i32::MAX), unix::FOR_OWNER),
        ListenAddress::Tcp(_) => bind(address, backlog, None),
    }
}

/// Listens at `path` for balancers of this user, which hand over connections: mode 0600.
///
/// # Errors
///
/// As of [`bind`].
pub fn bind_handoff(path: &Path) -> Result<(Listener, OwnedFd), ListenError> {
    bind_path(path, limits::BALANCERS as i32, unix::FOR_OWNER, SocketType::SEQPACKET)
}

fn bind_unix(path: &Path, backlog: i32, mode: u32) -> Result<(Listener, OwnedFd), ListenError> {
    bind_path(path, backlog, mode, SocketType::STREAM)
}

fn bind_path(
    path: &Path,
    backlog: i32,
    mode: u32,
    socket_type: SocketType,
) -> Result<(Listener, OwnedFd), ListenError> {
    let (socket, owned) = unix::listen(path, backlog, mode, socket_type)?;
    let address = ListenAddress::Unix(path.into());
    Ok((Listener { address, is_tcp: false, path: Some(owned), membership: None }, socket))
}

impl Listener {
    /// Takes away what others find it by: a Unix socket's path, or its name among those that share its port.
    pub fn unlink(&mut self) {
        self.path = None;
        self.membership = None;
    }
}

fn bind_tcp(host: &str, backlog: i32, shared_index: Option<&str>) -> Result<(Listener, OwnedFd), PortError> {
    let wanted = tcp::resolve(host)?;
    let (socket, membership) = match shared_index {
        None => (tcp::listen_alone(wanted, backlog)?, None),
        Some(index) => {
            let (socket, membership) = tcp::listen_shared(wanted, backlog, index)?;
            (socket, Some(membership))
        }
    };
    let address = ListenAddress::Tcp(tcp::bound(&socket)?.to_string());
    Ok((Listener { address, is_tcp: true, path: None, membership }, socket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_socket_left_behind_is_replaced_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let address = ListenAddress::Unix(folder.path().join("api.sock"));
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
        assert!(matches!(bind(&ListenAddress::Unix(path.clone()), 8, None), Err(ListenError::NotASocket(_))));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "precious");
    }

    #[test]
    fn the_path_is_removed_at_the_end_unless_a_successor_took_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.sock");
        let (listener, descriptor) = bind(&ListenAddress::Unix(path.clone()), 8, None).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o666);
        drop(descriptor);
        let (successor, _descriptor) = bind(&ListenAddress::Unix(path.clone()), 8, None).unwrap();
        drop(listener);
        assert!(path.exists(), "the successor's socket must stay");
        drop(successor);
        assert!(!path.exists());
    }
}
