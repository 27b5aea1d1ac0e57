//! Who is at the other end of a Unix socket.

use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{UnixCredentials, getsockopt};
use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Of the process at the other end. A process in another PID namespace has the number 0, which the type of `rustix`
/// does not allow for.
///
/// # Errors
///
/// It is no connected Unix socket.
pub fn credentials(socket: impl AsFd) -> io::Result<UnixCredentials> {
    Ok(getsockopt(socket.as_fd().as_raw_fd(), PeerCredentials)?)
}

/// Whether the process at the other end is of this process's user, or root's: it can do what this one can.
///
/// # Errors
///
/// As of [`credentials`].
pub fn is_own_or_root(socket: impl AsFd) -> io::Result<bool> {
    Ok([own_user(), ROOT].contains(&credentials(socket)?.uid()))
}

/// Whether this process acts as root, which may serve others whom it was told to trust.
pub fn is_root() -> bool {
    own_user() == ROOT
}

/// The user that this process acts as.
pub fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

const ROOT: u32 = 0;
