//! Whether a process listens on a TCP port, told by `/proc`: servers that share a port cannot be asked one by one.

use std::collections::HashSet;
use std::fs;

/// State of a listening socket in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// True if process `pid` holds a socket that listens on `port`, at whatever address.
pub fn listens(pid: u32, port: u16) -> bool {
    let listeners: HashSet<String> = ["tcp", "tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).ok())
        .flat_map(|table| listener_links(&table, port))
        .collect();
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors
        .filter_map(|descriptor| fs::read_link(descriptor.ok()?.path()).ok())
        .any(|target| target.to_str().is_some_and(|target| listeners.contains(target)))
}

/// What the descriptors of the table's listeners on `port` point to.
fn listener_links(table: &str, port: u16) -> Vec<String> {
    let link = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (_, local_port) = fields.next()?.rsplit_once(':')?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?;
        let wanted = state == LISTEN && u16::from_str_radix(local_port, 16) == Ok(port);
        wanted.then(|| format!("socket:[{inode}]"))
    };
    table.lines().skip(1).filter_map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_listener_is_found_and_a_connection_is_none() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let port = listener.local_addr().unwrap().port();
            assert!(listens(std::process::id(), port), "{address}");
            let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            drop(listener);
            assert!(!listens(std::process::id(), port), "{address}");
            drop(connection);
        }
    }

    #[test]
    fn somebody_elses_listener_does_not_count() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let child = std::process::Command::new("sleep").arg("5").spawn();
        let mut child = child.unwrap();
        assert!(!listens(child.id(), listener.local_addr().unwrap().port()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
