//! Listening on a TCP port: alone, or together with servers of the same index.
//!
//! The kernel spreads connections over all listeners of an address that set SO_REUSEPORT, whatever they answer; a
//! listener on one address takes them away from listeners on every address. A listener without SO_REUSEPORT cannot be
//! joined: the kernel then refuses every overlapping address, the families included (`[::]` overlaps with all of IPv4).
//!
//! So a server sets SO_REUSEPORT only if it was told to share, and only once it is the port's one listener, or once
//! the others have said that they serve the same index at the same address (`membership`). All sharers of overlapping
//! addresses thus have one address and one index. The kernel itself asks for one user.

use super::error::PortError;
use super::membership::{self, Membership, Turn};
use crate::limits;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// The first address that `host`, a name or a number with a port, stands for.
pub fn resolve(host: &str) -> io::Result<SocketAddr> {
    host.to_socket_addrs()?.next().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}

/// Listens exclusively: refused if the address is in use, and no other socket can bind it afterwards.
pub fn listen_alone(address: SocketAddr, backlog: i32) -> Result<OwnedFd, PortError> {
    until_it_lasts(|| listen(address, backlog, false))
}

/// Listens on a free address, or joins servers of the same index; further servers of that index may join.
pub fn listen_shared(address: SocketAddr, backlog: i32, index: &str) -> Result<(OwnedFd, Membership), PortError> {
    let _turn = Turn::take(address.port())?;
    until_it_lasts(|| match listen(address, backlog, false) {
        Ok(socket) => {
            let membership = Membership::new(bound(&socket)?, index)?;
            // Others can join from now on, so not before they can ask.
            sockopt::set_socket_reuseport(&socket, true).map_err(io::Error::from)?;
            Ok((socket, membership))
        }
        Err(PortError::InUse(_)) => {
            membership::confirm(address, index, Duration::from_millis(limits::SIBLING_ANSWER_MS))?;
            Ok((listen(address, backlog, true)?, Membership::new(address, index)?))
        }
        Err(error) => Err(error),
    })
}

/// Where a listener listens: for port 0 the kernel chose one.
pub fn bound(socket: &OwnedFd) -> io::Result<SocketAddr> {
    Ok(SocketAddr::try_from(rustix::net::getsockname(socket)?)?)
}

fn until_it_lasts<T>(mut attempt: impl FnMut() -> Result<T, PortError>) -> Result<T, PortError> {
    let end = Instant::now() + Duration::from_millis(limits::LEFT_BEHIND_MS);
    loop {
        match attempt() {
            Err(error) if error.may_pass() && Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
}

fn listen(address: SocketAddr, backlog: i32, is_shared: bool) -> Result<OwnedFd, PortError> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let listen = || {
        let socket = rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        // The connections of an earlier server may not have ended yet. Listeners stay exclusive.
        sockopt::set_socket_reuseaddr(&socket, true)?;
        sockopt::set_socket_reuseport(&socket, is_shared)?;
        rustix::net::bind(&socket, &address)?;
        // Of two that are bound at once the second is refused here.
        rustix::net::listen(&socket, backlog)?;
        Ok(socket)
    };
    listen().map_err(|error| match error {
        rustix::io::Errno::ADDRINUSE => PortError::InUse(address),
        error => PortError::System(error.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const INDEX: &str = "8dfeefe0f4c26660";

    fn address(host: &str, port: u16) -> SocketAddr {
        SocketAddr::new(host.parse::<IpAddr>().unwrap(), port)
    }

    /// Listens for as long as what it returns lives.
    fn listen_somehow(address: SocketAddr, is_shared: bool) -> Result<(OwnedFd, Option<Membership>), PortError> {
        if is_shared {
            listen_shared(address, 8, INDEX).map(|(socket, membership)| (socket, Some(membership)))
        } else {
            Ok((listen_alone(address, 8)?, None))
        }
    }

    #[test]
    fn overlapping_addresses_are_refused_whatever_their_family() {
        let pairs = [
            ("127.0.0.1", "0.0.0.0"),
            ("0.0.0.0", "127.0.0.1"),
            ("::", "127.0.0.1"),
            ("127.0.0.1", "::"),
            ("::", "0.0.0.0"),
            ("0.0.0.0", "::"),
            ("::1", "::"),
            ("::ffff:127.0.0.1", "127.0.0.1"),
        ];
        if listen_alone(address("::1", 0), 8).is_err() {
            eprintln!("skipped where it concerns IPv6: there is none here");
        }
        let check = |(first, second): (&str, &str), is_shared: [bool; 2]| {
            let Ok((socket, _membership)) = listen_somehow(address(first, 0), is_shared[0]) else {
                assert!(first.contains(':'), "{first} cannot be listened on");
                return;
            };
            let wanted = address(second, bound(&socket).unwrap().port());
            let error = listen_somehow(wanted, is_shared[1]).err();
            let is_refused =
                matches!(error, Some(PortError::InUse(_) | PortError::NotShared(_) | PortError::NoAnswer { .. }));
            let has_no_ipv6 = matches!(error, Some(PortError::System(_))) && second.contains(':');
            assert!(is_refused || has_no_ipv6, "{first}, then {second}, {is_shared:?}: {error:?}");
        };
        // All at once: each takes as long as a socket left behind may stay.
        std::thread::scope(|scope| {
            for pair in pairs {
                // Two sharers need running servers that answer: `tests/port.rs` has that case.
                for is_shared in [[false, false], [false, true], [true, false]] {
                    scope.spawn(move || check(pair, is_shared));
                }
            }
        });
    }

    #[test]
    fn different_addresses_of_one_port_are_free() {
        let first = listen_alone(address("127.0.0.1", 0), 8).unwrap();
        let port = bound(&first).unwrap().port();
        let (_second, _membership) = listen_shared(address("127.0.0.2", port), 8, INDEX).unwrap();
        listen_alone(address("127.0.0.3", port), 8).unwrap();
    }

    #[test]
    fn a_program_that_sets_reuseport_is_neither_joined_nor_let_in() {
        let stranger = listen(address("127.0.0.1", 0), 8, true).unwrap();
        let taken = bound(&stranger).unwrap();
        assert!(matches!(listen_alone(taken, 8), Err(PortError::InUse(_))));
        assert!(matches!(listen_shared(taken, 8, INDEX), Err(PortError::NotShared(_))));
        let own = listen_alone(address("127.0.0.1", 0), 8).unwrap();
        assert!(matches!(listen(bound(&own).unwrap(), 8, true), Err(PortError::InUse(_))));
    }

    #[test]
    fn a_port_is_free_while_connections_of_an_earlier_server_end() {
        let first = listen_alone(address("127.0.0.1", 0), 8).unwrap();
        let place = bound(&first).unwrap();
        let client = std::net::TcpStream::connect(place).unwrap();
        let accepted = rustix::net::accept(&first).unwrap();
        drop((first, accepted)); // waits for the client's end of the connection
        listen_alone(place, 8).unwrap();
        drop(client);
        listen_alone(place, 8).unwrap();
    }
}
