//! haproxy in front of the servers, when it is installed.

use crate::advice::Advise;
use anyhow::{Context, Result};
use std::ffi::OsStr;
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
    pub fn find() -> Result<Option<Self>> {
        if let Some(named) = std::env::var_os(PROGRAM_VARIABLE).filter(|named| !named.is_empty()) {
            let program = std::path::absolute(&named).unwrap_or_default();
            let is_usable = is_executable(&program);
            return is_usable
                .then_some(Some(Self { program }))
                .with_context(|| unusable(&named))
                .advise(|| format!("name the program by its path, or look for it in PATH: unset {PROGRAM_VARIABLE}"));
        }
        Ok(Self::find_in_folders())
    }

    fn find_in_folders() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(FURTHER_FOLDERS.iter().map(PathBuf::from))
            .map(|folder| folder.join("haproxy"))
            .find(|program| is_executable(program))
            // it is started in another folder
            .and_then(|program| std::path::absolute(program).ok())
            .map(|program| Self { program })
    }

    /// The command that listens on `bind` and forwards to the two sockets in `folder`, where it runs; writes its
    /// configuration there.
    pub fn command(&self, folder: &Path, bind: SocketAddr, sockets: [&str; 2]) -> Result<Command> {
        let configuration = folder.join("haproxy.cfg");
        std::fs::write(&configuration, CONFIGURATION)
            .with_context(|| format!("cannot write {}", configuration.display()))?;
        let mut command = Command::new(&self.program);
        command
            .current_dir(folder)
            .args(["-db", "-f"])
            .arg(&configuration)
            .env("FRAUDRING_BIND", bind.to_string())
            .env("FRAUDRING_SOCKET_1", sockets[0])
            .env("FRAUDRING_SOCKET_2", sockets[1]);
        Ok(command)
    }

    /// Its own words about its version, e.g. `2.6.12-1+deb12u4`.
    pub fn version(&self) -> String {
        let output = Command::new(&self.program).arg("-v").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        text.split_whitespace().nth(2).unwrap_or("of unknown version").to_owned()
    }
}

fn unusable(named: &OsStr) -> String {
    format!("{PROGRAM_VARIABLE} names {}, which is no program that can be run", named.display())
}

fn is_executable(program: &Path) -> bool {
    rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file()
}
