//! haproxy with the project's configuration, in front of test servers.

use super::{Client, IndexFolder, PATIENCE, Server, comes_true};
use std::process::{Child, Command, Stdio};
use testkit::procfs;

pub const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../haproxy.cfg");

pub fn haproxy() -> Command {
    let mut command = Command::new("haproxy");
    // Where Debian puts it, which not every user's path names.
    command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
    command
}

pub fn configuration() -> String {
    std::fs::read_to_string(CONFIGURATION).unwrap()
}

/// A running haproxy on a unix socket, killed when dropped.
pub struct Balancer {
    process: Child,
    pub address: String,
}

impl Balancer {
    /// Waits until it listens, and for up to `clients` at once.
    pub fn start(place: &IndexFolder, configuration: &str, servers: &[&Server], clients: usize) -> Self {
        let file = place.path("haproxy.cfg");
        std::fs::write(&file, configuration).unwrap();
        let address = format!("unix:{}", place.path("balancer.sock").display());
        let mut command = haproxy();
        command.arg("-db").arg("-f").arg(&file).stdin(Stdio::null());
        command.env("FRAUDRING_BIND", address.replace("unix:", "unix@"));
        command.env("FRAUDRING_MAXCONN", clients.to_string());
        for (number, server) in (1..).zip(servers) {
            command.env(format!("FRAUDRING_SOCKET_{number}"), server.address.strip_prefix("unix:").unwrap());
        }
        let mut process = command.spawn().unwrap();
        let listens = comes_true(PATIENCE, || {
            assert_eq!(process.try_wait().unwrap(), None, "haproxy does not start");
            Client::try_connect(&address).is_ok()
        });
        assert!(listens, "haproxy does not listen");
        Self { process, address }
    }

    pub fn connect(&self) -> Client {
        Client::connect(&self.address)
    }

    pub fn lives(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// How many descriptors are open.
    pub fn descriptors(&self) -> usize {
        procfs::descriptors(self.process.id())
    }

    /// Memory of its own, without the pages of its program's file.
    pub fn own_bytes(&self) -> u64 {
        procfs::figure(self.process.id(), "RssAnon") * 1024
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // Ended already, or ended by this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
