//! haproxy in front of the servers, when it is installed.

use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The balancer's configuration; what differs between runs comes by environment variables.
const CONFIGURATION: &str = include_str!("../../../haproxy.cfg");

/// Names the program instead of PATH.
const PROGRAM_VARIABLE: &str = "FRAUDRING_HAPROXY";

/// Where distributions install it that leave sbin out of a user's PATH.
const FURTHER_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// An installed haproxy.
pub struct Haproxy {
    program: PathBuf,
}

impl Haproxy {
    /// Looks in PATH, then in the system's sbin folders; or takes what the environment variable names.
    pub fn find() -> Option<Self> {
        if let Some(program) = std::env::var_os(PROGRAM_VARIABLE).map(PathBuf::from) {
            return is_executable(&program).then_some(Self { program });
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(FURTHER_FOLDERS.iter().map(PathBuf::from))
            .map(|folder| folder.join("haproxy"))
            .find(|program| is_executable(program))
            .map(|program| Self { program })
    }

    /// The command that listens on `bind` and forwards to the two sockets; writes its configuration into `folder`.
    pub fn command(&self, folder: &Path, bind: SocketAddr, sockets: &[PathBuf; 2]) -> Result<Command> {
        let configuration = folder.join("haproxy.cfg");
        std::fs::write(&configuration, CONFIGURATION)
            .with_context(|| format!("cannot write {}", configuration.display()))?;
        let mut command = Command::new(&self.program);
        command
            .args(["-db", "-f"])
            .arg(&configuration)
            .env("FRAUDRING_BIND", bind.to_string())
            .env("FRAUDRING_SOCKET_1", &sockets[0])
            .env("FRAUDRING_SOCKET_2", &sockets[1]);
        Ok(command)
    }

    /// Its own words about its version, e.g. `2.6.12-1+deb12u4`.
    pub fn version(&self) -> String {
        let output = Command::new(&self.program).arg("-v").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        text.split_whitespace().nth(2).unwrap_or("of unknown version").to_owned()
    }
}

fn is_executable(program: &Path) -> bool {
    rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file()
}
