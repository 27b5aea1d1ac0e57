//! Where requests go: a TCP or a Unix socket, and a path there.

use std::fmt::{self, Display};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

const DEFAULT_PATH: &str = "/fraud-score";

/// `http://HOST:PORT[/PATH]` or `unix:PATH`; the path asked for is `/fraud-score` unless another is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    /// The Host field.
    pub(crate) host: String,
    /// What the request line asks for.
    pub(crate) path: String,
    location: Location,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Location {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An address and a port.
    Tcp(SocketAddr),
    /// The path of a socket.
    Unix(PathBuf),
}

/// Why no address of a target can be reached.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// No answer to the lookup of its name.
    #[error("cannot find {target}: {error}")]
    Lookup {
        /// Where to.
        target: String,
        /// What the system said.
        error: io::Error,
    },
    /// Nobody listens at any address of its name.
    #[error("cannot connect to {target}: {refusals}; is it running?")]
    Connect {
        /// Where to.
        target: String,
        /// Each address, and what the system said.
        refusals: String,
    },
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
            let location = Location::Unix(path.into());
            return Ok(Self { text: text.into(), host: "localhost".into(), path: DEFAULT_PATH.into(), location });
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
        let location = Location::Tcp { host: name.trim_matches(['[', ']']).to_owned(), port };
        Ok(Self { text: text.into(), host: host.into(), path: path.into(), location })
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Target {
    /// Asks for `path` where none was given.
    #[must_use]
    pub fn with_default_path(mut self, path: &str) -> Self {
        if self.path == DEFAULT_PATH && !self.text.ends_with(DEFAULT_PATH) {
            path.clone_into(&mut self.path);
        }
        self
    }

    /// Looks the host up. Of several addresses the first that takes a connection within `timeout`: `localhost` is often
    /// `::1` too, where nobody may listen.
    pub(crate) fn resolve(&self, timeout: Duration) -> Result<Endpoint, ReachError> {
        match &self.location {
            Location::Unix(path) => Ok(Endpoint::Unix(path.clone())),
            Location::Tcp { host, port } => {
                let lookup = |error| ReachError::Lookup { target: self.to_string(), error };
                let found = command_line::lookup(host, *port).map_err(lookup)?;
                let connect = |refusals| ReachError::Connect { target: self.to_string(), refusals };
                first_reachable(&found, timeout).map(Endpoint::Tcp).map_err(connect)
            }
        }
    }
}

fn first_reachable(addresses: &[SocketAddr], timeout: Duration) -> Result<SocketAddr, String> {
    // with no choice, the run itself finds out
    if let &[only] = addresses {
        return Ok(only);
    }
    let mut refusals = Vec::new();
    for address in addresses {
        match TcpStream::connect_timeout(address, timeout) {
            Ok(_) => return Ok(*address),
            Err(error) => refusals.push(format!("{address}: {error}")),
        }
    }
    Err(refusals.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn host_port_and_path_are_told_apart() {
        let plain = target("http://127.0.0.1:9999");
        assert_eq!((plain.host.as_str(), plain.path.as_str()), ("127.0.0.1:9999", "/fraud-score"));
        let resolved = |text: &str| target(text).resolve(TIMEOUT).unwrap();
        let tcp = |text: &str| Endpoint::Tcp(text.parse().unwrap());
        assert_eq!(resolved("http://127.0.0.1:9999"), tcp("127.0.0.1:9999"));
        assert_eq!(target("http://localhost:1/").path, "/fraud-score");
        assert_eq!(target("http://localhost:1/other?x=1").path, "/other?x=1");
        assert_eq!(resolved("http://[::1]:80"), tcp("[::1]:80"));
        assert_eq!(resolved("http://127.0.0.1"), tcp("127.0.0.1:80"));
        assert_eq!(resolved("unix:/run/api.sock"), Endpoint::Unix("/run/api.sock".into()));
    }

    #[test]
    fn of_several_addresses_the_first_that_takes_a_connection_is_chosen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let alive = listener.local_addr().unwrap();
        let dead = TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap();
        assert_eq!(first_reachable(&[dead, alive, dead], TIMEOUT), Ok(alive));
        let refusals = first_reachable(&[dead, dead], TIMEOUT).unwrap_err();
        assert_eq!(refusals.matches(&dead.to_string()).count(), 2, "{refusals}");
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
