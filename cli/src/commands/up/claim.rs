//! Claims of a running `up` on its port and its shared-memory folder, so that a second one is told instead of mixed in.
//!
//! A claim is a socket in the kernel's abstract namespace: it leaves no file and ends with the process, however it ends.

use crate::console::advice::Advise;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// Held until dropped.
pub struct Claim {
    _socket: UnixListener,
}

/// A claimed address that nobody listens on.
pub struct ClaimedAddress {
    /// Where the system is to listen.
    pub address: SocketAddr,
    _claim: Claim,
}

impl Claim {
    /// Claims a shared-memory folder; the folder need not exist yet, the one that holds it must.
    pub fn folder(folder: &Path) -> Result<Self> {
        let identity = identity(folder)
            .with_context(|| format!("cannot use the folder {}", folder.display()))
            .advise(|| format!("name another: fraudring up --shm-dir {}", shm_loader::DEFAULT_DIR))?;
        Self::take("folder", &identity)?
            .with_context(|| format!("another `fraudring up` uses {}", folder.display()))
            .advise(|| {
                "stop it with Ctrl-C, or name another folder: \
                 fraudring up --shm-dir /dev/shm/fraudring-2 --port 10000"
                    .to_owned()
            })
    }

    fn take(kind: &str, what: &impl Hash) -> Result<Option<Self>> {
        // the hash keeps the name within the length of a socket address
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let name = format!("fraudring-up-{kind}-{:016x}", hasher.finish());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name).context("naming a claim")?;
        match UnixListener::bind_addr(&address) {
            Ok(socket) => Ok(Some(Self { _socket: socket })),
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
            Err(error) => Err(error).context("cannot claim what `up` needs"),
        }
    }
}

/// What is the same for every path that leads to the folder, whether it exists or not: device and inode of the folder
/// that holds it, and its name there.
fn identity(folder: &Path) -> io::Result<(u64, u64, Option<OsString>)> {
    let absolute = std::path::absolute(folder)?;
    let (holder, name) = match (absolute.parent(), absolute.file_name()) {
        (Some(holder), Some(name)) => (holder, Some(name.to_owned())),
        // `x/..`, or the root: it exists, and has no name of its own
        _ => return Err(io::Error::new(ErrorKind::InvalidInput, "it has no name of its own")),
    };
    let found = std::fs::metadata(holder)?;
    Ok((found.dev(), found.ino(), name))
}

impl ClaimedAddress {
    /// Claims `port` of `host`, or any free one for port 0, and checks that nobody listens there.
    pub fn take(host: IpAddr, port: u16) -> Result<Self> {
        // a listener that shares its port is found too: this one does not share
        let probe = TcpListener::bind((host, port)).map_err(|error| refused(host, port, error))?;
        let address = probe.local_addr().context("cannot tell the address")?;
        let claim = Claim::take("address", &address)?
            .with_context(|| format!("port {port} of {host} is busy: another `fraudring up` has taken it"))
            .advise(|| other_port(port))?;
        Ok(Self { address, _claim: claim })
    }
}

fn refused(host: IpAddr, port: u16, error: io::Error) -> anyhow::Error {
    let (what, advice) = match error.kind() {
        ErrorKind::AddrInUse => {
            (format!("port {port} of {host} is busy: another program listens there"), other_port(port))
        }
        ErrorKind::PermissionDenied => {
            (format!("port {port} needs more rights"), "choose one from 1024 on: fraudring up --port 9999".to_owned())
        }
        ErrorKind::AddrNotAvailable => {
            (format!("{host} is no address of this machine"), "name one that is: --host 127.0.0.1".to_owned())
        }
        _ => (format!("cannot listen on {}", SocketAddr::new(host, port)), other_port(port)),
    };
    Err::<(), _>(error).context(what).advise(|| advice).expect_err("it was an error")
}

fn other_port(port: u16) -> String {
    let other = port.checked_add(1).unwrap_or(9999);
    format!("see who it is: ss -ltnp 'sport = :{port}'; or choose another port: fraudring up --port {other}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::advice::text;
    use std::net::Ipv4Addr;

    const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_folder_is_claimed_once_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Claim::folder(folder.path()).unwrap();
        let error = Claim::folder(&folder.path().join(".")).err().map(|error| text(&error)).unwrap();
        assert!(error.contains("another `fraudring up`"), "{error}");
        drop(first);
        Claim::folder(folder.path()).unwrap();
    }

    #[test]
    fn every_path_to_a_folder_is_the_same_claim() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        std::fs::create_dir(path("real")).unwrap();
        std::os::unix::fs::symlink(path("real"), path("link")).unwrap();
        let _first = Claim::folder(&path("real/x")).unwrap();
        let taken = |name: &str| Claim::folder(&path(name)).err().map(|error| text(&error)).unwrap_or_default();
        for same in ["real/x", "real/x/", "real/./x", "real/../real/x", "link/x", "link/../real//x"] {
            assert!(taken(same).contains("another `fraudring up`"), "{same}: {}", taken(same));
        }
        // the folder may have come into being meanwhile
        std::fs::create_dir(path("real/x")).unwrap();
        assert!(taken("link/x").contains("another `fraudring up`"));
        assert_eq!((taken("real/y"), taken("x")), (String::new(), String::new()));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_refused_with_what_to_type() {
        for path in ["/nowhere/x", "/", "/tmp/.."] {
            let error = Claim::folder(Path::new(path)).err().map(|error| text(&error)).unwrap();
            assert!(error.contains(path) && error.contains("--shm-dir"), "{error}");
        }
    }

    #[test]
    fn a_port_with_a_listener_is_refused_with_advice() {
        let listener = TcpListener::bind((LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = ClaimedAddress::take(LOCALHOST, port).err().map(|error| text(&error)).unwrap();
        assert!(error.contains("busy") && error.contains("--port"), "{error}");
    }

    #[test]
    fn a_port_with_a_sharing_listener_is_refused_too() {
        use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};
        let sharing = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        sockopt::set_socket_reuseaddr(&sharing, true).unwrap();
        sockopt::set_socket_reuseport(&sharing, true).unwrap();
        bind(&sharing, &SocketAddr::new(LOCALHOST, 0)).unwrap();
        listen(&sharing, 8).unwrap();
        let port = TcpListener::from(sharing.try_clone().unwrap()).local_addr().unwrap().port();
        assert!(ClaimedAddress::take(LOCALHOST, port).is_err());
    }

    #[test]
    fn a_claimed_port_is_refused_before_anybody_listens() {
        let first = ClaimedAddress::take(LOCALHOST, 0).unwrap();
        let error = ClaimedAddress::take(LOCALHOST, first.address.port()).err().map(|error| text(&error)).unwrap();
        assert!(error.contains("another `fraudring up`"), "{error}");
        let port = first.address.port();
        drop(first);
        assert_eq!(ClaimedAddress::take(LOCALHOST, port).unwrap().address.port(), port);
    }

    #[test]
    fn an_address_of_another_machine_is_named() {
        let error = ClaimedAddress::take("192.0.2.1".parse().unwrap(), 0).err().map(|error| text(&error)).unwrap();
        assert!(error.contains("192.0.2.1"), "{error}");
    }
}
