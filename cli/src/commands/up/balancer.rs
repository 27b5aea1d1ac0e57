//! The balancer in front of the servers.

use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// Where a server takes connections, in the runtime folder; counted from 0.
pub fn handoff_socket(number: usize) -> String {
    format!("{}.handoff", number + 1)
}

/// Where the balancer is looked at.
const ADMIN_SOCKET: &str = "balancer.admin";

/// The command that listens on `address` and hands connections to `servers` servers in `folder`, where it runs.
pub fn command(folder: &Path, address: SocketAddr, servers: usize) -> Result<Command> {
    let program = std::env::current_exe().context("cannot tell the path of this program")?;
    let mut command = Command::new(program);
    command.args(["balancer", "--listen", &format!("tcp:{address}"), "--cpu", "none"]);
    command.args(["--admin", &format!("unix:{ADMIN_SOCKET}")]);
    for number in 0..servers {
        command.args(["--server", &format!("unix:{}", handoff_socket(number))]);
    }
    command.env_remove("FRAUDRING_SERVERS_DIR").current_dir(folder);
    if std::env::var_os("RUST_LOG").is_none() {
        // what went well `up` says itself
        command.env("RUST_LOG", "warn");
    }
    Ok(command)
}
