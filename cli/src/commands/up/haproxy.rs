//! haproxy in front of the servers, when it is installed.

use crate::console::advice::Advise;
use anyhow::{Context, Result};
use rustix::process::{Resource, getrlimit};
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The balancer's configuration; what differs between runs comes by environment variables.
const CONFIGURATION: &str = include_str!("../../../../haproxy.cfg");

/// Clients at once, as the configuration has it.
const MAX_CLIENTS: u64 = 10_100;

/// Connections to the two servers at once (`maxconn` of each); there are never more of them than clients.
const MAX_SERVER_CONNECTIONS: u64 = 2 * 1024;

/// Listeners, health checks, log, the poller.
const OTHER_DESCRIPTORS: u64 = 64;

/// Names the program instead of PATH.
const PROGRAM_VARIABLE: &str = "FRAUDRING_HAPROXY";

/// Where distributions install it that leave sbin out of a user's PATH.
const FURTHER_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// An installed haproxy.
pub struct Haproxy {
    program: PathBuf,
    clients: u64,
}

impl Haproxy {
    /// Looks in PATH, then in the system's sbin folders; or takes what the environment variable names.
    pub fn find() -> Result<Option<Self>> {
        if let Some(named) = std::env::var_os(PROGRAM_VARIABLE).filter(|named| !named.is_empty()) {
            let program = std::path::absolute(&named).unwrap_or_default();
            let is_usable = is_executable(&program);
            return is_usable
                .then_some(Some(Self::new(program)))
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
            .map(Self::new)
    }

    fn new(program: PathBuf) -> Self {
        Self { program, clients: clients_within(hard_limit()) }
    }

    /// What to tell the user when it can hold fewer clients than it is meant to.
    pub fn shortage(&self) -> Option<String> {
        (self.clients < MAX_CLIENTS).then(|| {
            format!(
                "haproxy holds {} clients at once instead of {MAX_CLIENTS}, as this process may open only {} files; \
                 for all of them raise the hard limit first: ulimit -Hn {}",
                self.clients,
                hard_limit(),
                descriptors_for(MAX_CLIENTS)
            )
        })
    }

    /// The command that listens on `bind` and forwards to `sockets` in `folder`, where it runs; writes its configuration
    /// there.
    pub fn command(&self, folder: &Path, bind: SocketAddr, sockets: &[String]) -> Result<Command> {
        let configuration = folder.join("haproxy.cfg");
        std::fs::write(&configuration, with_servers(sockets))
            .with_context(|| format!("cannot write {}", configuration.display()))?;
        let mut command = Command::new(&self.program);
        command
            .current_dir(folder)
            .args(["-db", "-f"])
            .arg(&configuration)
            // it raises its own soft limit
            .env("FRAUDRING_MAXCONN", self.clients.to_string())
            .env("FRAUDRING_BIND", bind.to_string());
        Ok(command)
    }

    /// Its own words about its version, e.g. `2.6.12-1+deb12u4`.
    pub fn version(&self) -> String {
        let output = Command::new(&self.program).arg("-v").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        text.split_whitespace().nth(2).unwrap_or("of unknown version").to_owned()
    }
}

/// The configuration, with a line for each socket in place of those for the container's two.
fn with_servers(sockets: &[String]) -> String {
    let is_server = |line: &&str| line.trim_start().starts_with("server api");
    let mut lines: Vec<String> = CONFIGURATION.lines().filter(|line| !is_server(line)).map(str::to_owned).collect();
    let first = CONFIGURATION.lines().position(|line| is_server(&line)).expect("the configuration has servers");
    let servers = sockets.iter().enumerate().map(|(n, socket)| format!("    server api{} \"unix@{socket}\"", n + 1));
    lines.splice(first..first, servers);
    lines.join("\n") + "\n"
}

fn unusable(named: &OsStr) -> String {
    format!("{PROGRAM_VARIABLE} names {}, which is no program that can be run", named.display())
}

/// Descriptors that this process and its children may open at most.
fn hard_limit() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

fn descriptors_for(clients: u64) -> u64 {
    clients + clients.min(MAX_SERVER_CONNECTIONS) + OTHER_DESCRIPTORS
}

/// How many clients `descriptors` are enough for.
fn clients_within(descriptors: u64) -> u64 {
    let usable = descriptors.saturating_sub(OTHER_DESCRIPTORS);
    usable.saturating_sub(MAX_SERVER_CONNECTIONS).max(usable / 2).clamp(1, MAX_CLIENTS)
}

fn is_executable(program: &Path) -> bool {
    rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_the_configuration() {
        assert!(CONFIGURATION.contains(&format!("maxconn \"${{FRAUDRING_MAXCONN-{MAX_CLIENTS}}}\"\n")));
        assert!(CONFIGURATION.contains(&format!("maxconn {}\n", MAX_SERVER_CONNECTIONS / 2)));
    }

    #[test]
    fn clients_fit_into_the_descriptors() {
        for descriptors in [66, 256, 1024, 4096, 4160, 4161, 10_000, descriptors_for(MAX_CLIENTS), 20_000, 1 << 20] {
            let clients = clients_within(descriptors);
            assert!(descriptors_for(clients) <= descriptors, "{clients} clients with {descriptors}");
            let one_more_fits = descriptors_for(clients + 1) <= descriptors;
            assert!(clients == MAX_CLIENTS || !one_more_fits, "{clients} clients with {descriptors}");
        }
        assert_eq!(clients_within(0), 1);
    }

    #[test]
    fn fewer_clients_are_said_once_with_what_to_type() {
        let haproxy = |clients| Haproxy { program: PathBuf::new(), clients };
        assert_eq!(haproxy(MAX_CLIENTS).shortage(), None);
        let text = haproxy(1_888).shortage().unwrap();
        assert!(text.contains("holds 1888 clients") && text.contains("ulimit -Hn 12212"), "{text}");
    }
}
