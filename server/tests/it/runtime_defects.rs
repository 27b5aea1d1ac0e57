//! What the pinned runtime is known to do wrong, each shown not to matter here.
//!
//! Elsewhere: `pressure` (a task that wakes itself goes first), `no_allocation` (a wait that is given up allocates),
//! `drivers` (Unix listeners cannot be bound by the runtime; a ring that can be made but not entered).

use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, at_once, command, payload, post};
use std::time::Duration;

const EVERY: [Sandbox; 3] = [Sandbox::None, Sandbox::NoIoUring, Sandbox::NoIoUringEnter];

/// A time-out around `accept` loses the descriptor of a connection that has come meanwhile.
#[test]
fn connections_that_come_and_go_leave_no_descriptor_behind() {
    for sandbox in EVERY {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--head-timeout-ms", "100"]);
        assert_eq!(server.connect().ask(READY).status, 200);
        let before = server.descriptors();
        for round in 0..20 {
            let mut clients: Vec<Client> = (0..50).map(|_| server.connect()).collect();
            match round % 3 {
                0 => clients.iter_mut().for_each(|client| drop(client.ask(READY))),
                1 => clients.iter_mut().for_each(|client| client.send("POST")),
                _ => {}
            }
        }
        server.must_come_down_to(before);
    }
}

/// The epoll driver accepts from a blocking Unix listener, and with it the whole loop stands still.
#[test]
fn a_listener_that_nobody_connects_to_holds_nobody_up() {
    at_once(&EVERY, |sandbox| {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--idle-timeout-ms", "200"]);
        let (mut first, mut second) = (server.connect(), server.connect());
        for n in 0..10 {
            assert_eq!(first.ask(post(&payload(n))).body, place.expected(&payload(n)));
        }
        second.must_be_closed();
    });
}

/// A ring that cannot be entered serves nobody and spins.
#[test]
fn a_server_with_nothing_to_do_does_nothing() {
    at_once(&EVERY, |sandbox| {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let share = server.cpu_share(Duration::from_millis(500));
        assert!(share <= 0.1, "{share:.3} of a core, {sandbox:?}");
    });
}

/// An environment variable of the runtime's own makes it take one driver where another was built.
#[test]
fn the_runtimes_own_switch_does_not_matter() {
    for sandbox in EVERY {
        let place = IndexFolder::new();
        let address = format!("unix:{}", place.path("api.sock").display());
        let mut command = command(&place, &address, sandbox, &[]);
        command.env("MONOIO_FORCE_LEGACY_DRIVER", "1");
        let mut server = Server::spawn(command);
        server.wait_for_line("\"serving\"");
        let mut client = Client::connect(&address);
        for n in 0..50 {
            assert_eq!(client.ask(post(&payload(n))).body, place.expected(&payload(n)));
        }
    }
}
