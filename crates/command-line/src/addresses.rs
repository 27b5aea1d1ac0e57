//! Host names.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// Every address of `host`, a name or an address, in the order in which they are to be tried; at least one.
///
/// # Errors
/// What the system says when it cannot find the name.
pub fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    // as URLs write addresses of version 6
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let mut addresses: Vec<SocketAddr> = (bare, port).to_socket_addrs()?.collect();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address"));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_their_own_names() {
        let found = |host: &str| lookup(host, 80).unwrap();
        assert_eq!(found("127.0.0.2"), ["127.0.0.2:80".parse().unwrap()]);
        assert_eq!(found("::1"), ["[::1]:80".parse().unwrap()]);
        assert_eq!(found("[::1]"), found("::1"));
    }

    #[test]
    fn a_name_stands_for_all_its_addresses_once() {
        let found = lookup("localhost", 80).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()), "{found:?}");
        assert!((1..found.len()).all(|position| !found[position..].contains(&found[position - 1])), "{found:?}");
    }
}
