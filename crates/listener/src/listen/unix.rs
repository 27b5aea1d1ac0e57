//! Listening on a path: a socket that was left behind is replaced, and the own one removed at the end.

use super::address::ListenAddress;
use super::error::ListenError;
use crate::limits;
use rustix::fs::Mode;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::fs::Permissions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The balancer runs as another user. Who may reach the socket is decided by its folder.
pub const FOR_ALL: u32 = 0o666;
/// For this user and root.
pub const FOR_OWNER: u32 = 0o600;

/// Binds `path` with `mode` and listens. The socket is removed when the [`OwnedPath`] is dropped.
pub fn listen(
    path: &Path,
    backlog: i32,
    mode: u32,
    socket_type: SocketType,
) -> Result<(OwnedFd, OwnedPath), ListenError> {
    let failed = |error| ListenError::Failed { address: ListenAddress::Unix(path.into()), error };
    make_way(path)?;
    let socket = bind(path, mode, socket_type).map_err(failed)?;
    // Gives back what the umask has taken away.
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed)?;
    rustix::net::listen(&socket, backlog).map_err(|error| failed(error.into()))?;
    let owned = OwnedPath { path: path.into(), identity: identity(path) };
    Ok((socket, owned))
}

/// A socket at `path` that never had a right which is not in `mode`: Linux gives a path the mode that its socket has when it
/// is bound, less the umask.
fn bind(path: &Path, mode: u32, socket_type: SocketType) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket_with(AddressFamily::UNIX, socket_type, SocketFlags::CLOEXEC, None)?;
    rustix::fs::fchmod(&socket, Mode::from_raw_mode(mode))?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket)
}

/// A socket's path, which is removed when this is dropped unless another server has taken it.
#[derive(Debug)]
pub struct OwnedPath {
    path: PathBuf,
    /// The path may belong to a successor by the time it would be removed.
    identity: Option<Identity>,
}

impl Drop for OwnedPath {
    fn drop(&mut self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            // It may have been removed meanwhile.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes the socket that a killed server left behind, and nothing else.
fn make_way(path: &Path) -> Result<(), ListenError> {
    let failed = |error| ListenError::Failed { address: ListenAddress::Unix(path.into()), error };
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

/// Whether nobody listens any more; a busy listener is one, so this must not wait for its turn there. A listener for sockets
/// of another type refuses with another error.
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
    use testkit::process::in_own_process;

    #[test]
    fn a_socket_has_no_right_too_many_from_its_first_moment_on() {
        in_own_process("listen::unix::tests::a_socket_has_no_right_too_many_from_its_first_moment_on", || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("api.sock");
            let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            // that of the process, which is why it is not what keeps others out
            for (umask, bound) in [(0, FOR_OWNER), (0o077, FOR_OWNER), (0, FOR_ALL)] {
                rustix::process::umask(Mode::from_raw_mode(umask));
                let socket = bind(&path, bound, SocketType::STREAM).unwrap();
                assert_eq!(mode(), bound, "umask {umask:o}");
                drop(socket);
                std::fs::remove_file(&path).unwrap();
            }
            rustix::process::umask(Mode::from_raw_mode(0o077));
            let (_socket, _path) = listen(&path, 8, FOR_ALL, SocketType::STREAM).unwrap();
            assert_eq!(mode(), FOR_ALL);
        });
    }
}
