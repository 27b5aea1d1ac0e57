//! What `--listen` takes.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// An address to listen on: `unix:PATH` or `tcp:HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// A socket in the file system.
    Unix(PathBuf),
    /// `HOST:PORT`; port 0 lets the kernel choose.
    Tcp(String),
}

impl FromStr for ListenAddress {
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

impl Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(host) => write!(f, "tcp:{host}"),
        }
    }
}

/// `unix:PATH`, where only a path will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixPath(PathBuf);

impl UnixPath {
    /// Without the scheme.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl From<PathBuf> for UnixPath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl FromStr for UnixPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(ListenAddress::Unix(path)) => Ok(Self(path)),
            _ => Err("give unix:PATH, such as unix:/run/fraudring/1.handoff"),
        }
    }
}

impl Display for UnixPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix:{}", self.0.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_alike() {
        for text in ["unix:/run/api.sock", "tcp:127.0.0.1:9999", "tcp:[::1]:80", "tcp:localhost:0"] {
            assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), text);
        }
        for text in ["", "unix:", "tcp:", "tcp:9999", "tcp:host", "tcp:host:port", "tcp:host:70000", "/run/api.sock"] {
            assert!(text.parse::<ListenAddress>().unwrap_err().contains("unix:PATH"), "{text}");
        }
    }
    #[test]
    fn a_path_is_no_port() {
        assert_eq!("unix:/run/1.handoff".parse::<UnixPath>().unwrap().to_string(), "unix:/run/1.handoff");
        for text in ["tcp:127.0.0.1:1", "unix:", "/run/1.handoff"] {
            assert!(text.parse::<UnixPath>().unwrap_err().contains("unix:PATH"), "{text}");
        }
    }
}
