//! Where requests go: a TCP or a Unix socket, and a path there.

use std::fmt::{self, Display};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

const DEFAULT_PATH: &str = "/fraud-score";

/// `http://HOST:PORT[/PATH]` or `unix:PATH`; the path asked for is `/fraud-score` unless another is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    /// The Host field.
    pub(crate) host: String,
    /// What the request line asks for.
    pub(crate) path: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no target; give http://HOST:PORT, such as http://127.0.0.1:9999, or unix:PATH")]
pub struct TargetError(String);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || TargetError(text.to_owned());
        // It is written into a request as it stands.
        if text.chars().any(|c| c.is_control() || c == ' ') {
            return Err(wrong());
        }
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            let place = Place::Unix(path.into());
            return Ok(Self { text: text.into(), host: "localhost".into(), path: DEFAULT_PATH.into(), place });
        }
        let rest = text.strip_prefix("http://").ok_or_else(wrong)?;
        let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !name.ends_with(':') => (name, port.parse().map_err(|_| wrong())?),
            _ => (host, 80),
        };
        if name.is_empty() || port == 0 {
            return Err(wrong());
        }
        let path = if matches!(path, "" | "/") { DEFAULT_PATH } else { path };
        let place = Place::Tcp { host: name.trim_matches(['[', ']']).to_owned(), port };
        Ok(Self { text: text.into(), host: host.into(), path: path.into(), place })
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Target {
    /// Looks the host up; the first address is taken.
    pub(crate) fn resolve(&self) -> io::Result<Address> {
        match &self.place {
            Place::Unix(path) => Ok(Address::Unix(path.clone())),
            Place::Tcp { host, port } => {
                let mut found = (host.as_str(), *port).to_socket_addrs()?;
                found.next().map(Address::Tcp).ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn host_port_and_path_are_told_apart() {
        let plain = target("http://127.0.0.1:9999");
        assert_eq!((plain.host.as_str(), plain.path.as_str()), ("127.0.0.1:9999", "/fraud-score"));
        assert_eq!(plain.resolve().unwrap(), Address::Tcp("127.0.0.1:9999".parse().unwrap()));
        assert_eq!(target("http://localhost:1/").path, "/fraud-score");
        assert_eq!(target("http://localhost:1/other?x=1").path, "/other?x=1");
        assert_eq!(target("http://[::1]:80").resolve().unwrap(), Address::Tcp("[::1]:80".parse().unwrap()));
        assert_eq!(target("http://127.0.0.1").resolve().unwrap(), Address::Tcp("127.0.0.1:80".parse().unwrap()));
        assert_eq!(target("unix:/run/api.sock").resolve().unwrap(), Address::Unix("/run/api.sock".into()));
    }

    #[test]
    fn what_is_no_target_is_refused_with_what_to_type() {
        for text in [
            "",
            "127.0.0.1:9999",
            "https://host:1",
            "http://",
            "http://:1",
            "http://h:x",
            "http://h:0",
            "unix:",
            "http://h:1/a b",
        ] {
            assert!(text.parse::<Target>().unwrap_err().to_string().contains("unix:PATH"), "{text}");
        }
    }
}
