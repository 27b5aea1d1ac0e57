//! Who may listen on a TCP port in use: nobody, or servers of one index that were all started with `--share-port`.

use crate::support::{
    Client, IndexFolder, Listen, PATIENCE, READY, Sandbox, Server, comes_true, command, payload, post,
};
use rustix::process::Signal;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];
const SHARED: &[&str] = &["--share-port"];

/// A server that must not start.
#[track_caller]
fn refused(place: &IndexFolder, address: &str, sandbox: Sandbox, options: &[&str], says: &str) {
    all_refused(sandbox, &[(place, address, options, says)]);
}

/// Servers that must not start though all try at once, each with what it must say.
#[track_caller]
fn all_refused(sandbox: Sandbox, intruders: &[(&IndexFolder, &str, &[&str], &str)]) {
    let start = |&(place, address, options, _): &(_, _, _, _)| Server::spawn(command(place, address, sandbox, options));
    let mut servers: Vec<Server> = intruders.iter().map(start).collect();
    for (server, (_, address, options, says)) in servers.iter_mut().zip(intruders) {
        assert_eq!(server.wait().code(), Some(2), "{address} {options:?}: {:#?}", server.lines);
        assert!(server.lines.concat().contains(says), "{address} {options:?}, {says}: {:#?}", server.lines);
    }
}

/// Every answer at `address` comes from the index of `place`. The kernel chooses a listener for each connection.
#[track_caller]
fn all_answers_are_of(place: &IndexFolder, address: &str) {
    for n in 0..24 {
        assert_eq!(Client::connect(address).ask(post(&payload(n))).body, place.expected(&payload(n)));
    }
}

/// A ring holds the listener of a killed server for a moment, and what connects to it meanwhile is lost.
#[track_caller]
fn wait_for_one_listener(address: &str) {
    let port: u16 = address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("it ends with a port");
    let local = format!(":{port:04X} 00000000:0000 0A");
    let sockets = || std::fs::read_to_string("/proc/net/tcp").expect("proc is mounted");
    assert!(comes_true(PATIENCE, || sockets().matches(&local).count() == 1), "not one listener at {address}");
}

fn on_every_address(address: &str) -> String {
    address.replace("127.0.0.1", "0.0.0.0")
}

fn free_address() -> String {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    format!("tcp:{}", address.expect("the kernel has a free port"))
}

#[test]
fn a_port_in_use_is_left_to_its_server() {
    for sandbox in BOTH {
        let (place, other) = (IndexFolder::new(), IndexFolder::with_another_index());
        let server = Server::start(&place, Listen::Tcp, sandbox, &[]);
        let address = &server.address;
        let everywhere = on_every_address(address);
        all_refused(
            sandbox,
            &[
                (&other, address, &[], "is in use"),
                (&place, address, &[], "is in use"),
                (&other, &everywhere, &[], "is in use"),
                (&place, address, SHARED, "is in use"),
            ],
        );
        all_answers_are_of(&place, address);
    }
}

#[test]
fn a_shared_port_is_refused_to_another_index_and_to_servers_that_do_not_share() {
    for sandbox in BOTH {
        let (place, other) = (IndexFolder::new(), IndexFolder::with_another_index());
        let server = Server::start(&place, Listen::Tcp, sandbox, SHARED);
        let address = &server.address;
        let everywhere = on_every_address(address);
        all_refused(
            sandbox,
            &[
                (&other, address, SHARED, "another index"),
                (&other, address, SHARED, &format!("process {}", server.process_id())),
                (&other, address, &[], "--share-port"),
                (&place, address, &[], "--share-port"),
                // a listener on one address takes the connections to it away from listeners on all addresses
                (&place, &everywhere, SHARED, &format!("shares {address}")),
            ],
        );
        all_answers_are_of(&place, address);
    }
}

#[test]
fn of_a_port_shared_on_every_address_none_can_be_taken() {
    if TcpListener::bind("[::]:0").is_err() {
        eprintln!("skipped: there is no IPv6 here");
        return;
    }
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let server = Server::start_at(&place, "tcp:[::]:0", sandbox, SHARED);
        let address = server.address.replace("[::]", "127.0.0.1");
        let says = format!("shares {}", server.address);
        let everywhere = on_every_address(&address);
        all_refused(sandbox, &[(&place, &address, SHARED, &says), (&place, &everywhere, SHARED, &says)]);
        all_answers_are_of(&place, &address);
    }
}

#[test]
fn servers_of_one_index_share_a_port_as_long_as_one_of_them_lives() {
    for (sandbox, signal) in BOTH.into_iter().flat_map(|sandbox| [(sandbox, Signal::TERM), (sandbox, Signal::KILL)]) {
        let (place, other) = (IndexFolder::new(), IndexFolder::with_another_index());
        let mut first = Server::start(&place, Listen::Tcp, sandbox, SHARED);
        let address = first.address.clone();
        let mut second = Server::start_at(&place, &address, sandbox, SHARED);
        let mut kept: Vec<Client> = (0..32).map(|_| Client::connect(&address)).collect();
        kept.iter_mut().for_each(|client| assert_eq!(client.ask(READY).status, 200));
        drop(kept);
        first.signal(signal);
        first.wait();
        let third = Server::start_at(&place, &address, sandbox, SHARED);
        second.signal(signal);
        second.wait();
        wait_for_one_listener(&address);
        refused(&other, &address, sandbox, SHARED, "another index");
        all_answers_are_of(&place, &address);
        drop(third);
        let successor = Server::start_at(&other, &address, sandbox, SHARED);
        all_answers_are_of(&other, &successor.address);
    }
}

#[test]
fn a_server_that_is_stopping_does_not_keep_another_index_from_its_port() {
    for sandbox in BOTH {
        let (place, other) = (IndexFolder::new(), IndexFolder::with_another_index());
        let mut stopping = Server::start(&place, Listen::Tcp, sandbox, SHARED);
        let mut open = stopping.connect();
        open.send("POST");
        stopping.signal(Signal::TERM);
        stopping.wait_for_line("stopping");
        let first = Server::start_at(&other, &stopping.address, sandbox, SHARED);
        let _second = Server::start_at(&other, &stopping.address, sandbox, SHARED);
        all_answers_are_of(&other, &first.address);
        drop(open);
        stopping.wait();
    }
}

#[test]
fn of_servers_that_start_at_once_only_those_of_one_index_get_the_port() {
    for (sandbox, options, serving) in
        BOTH.into_iter().flat_map(|sandbox| [(sandbox, &[][..], 1), (sandbox, SHARED, 2)])
    {
        let places = [IndexFolder::new(), IndexFolder::with_another_index()];
        let address = free_address();
        let start = |n: usize| (n % 2, Server::spawn(command(&places[n % 2], &address, sandbox, options)));
        let mut servers: Vec<(usize, Server)> = (0..4).map(start).collect();
        let mut indexes: Vec<usize> =
            servers.iter_mut().filter_map(|(index, server)| server.serves().then_some(*index)).collect();
        assert_eq!(indexes.len(), serving, "{options:?}: as many as may share");
        indexes.dedup();
        assert_eq!(indexes.len(), 1, "{options:?}: one index");
        all_answers_are_of(&places[indexes[0]], &address);
    }
}

#[test]
fn the_port_of_a_killed_server_is_free_again() {
    for (sandbox, options) in BOTH.into_iter().flat_map(|sandbox| [(sandbox, &[][..]), (sandbox, SHARED)]) {
        let place = IndexFolder::new();
        let mut killed = Server::start(&place, Listen::Tcp, sandbox, options);
        let mut open = killed.connect();
        assert_eq!(open.ask(READY).status, 200);
        killed.signal(Signal::KILL);
        killed.wait();
        let successor = Server::start_at(&place, &killed.address, sandbox, options);
        all_answers_are_of(&place, &successor.address);
    }
}

#[test]
fn another_user_cannot_share_the_port() {
    const NOBODY: u32 = 65_534;
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Tcp, Sandbox::None, SHARED);
    place.let_everybody_read();
    let mut command = command(&place, &server.address, Sandbox::None, SHARED);
    command.uid(NOBODY).gid(NOBODY);
    let starts =
        std::process::Command::new(env!("CARGO_BIN_EXE_server")).arg("--help").uid(NOBODY).gid(NOBODY).output();
    if !starts.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this test must be root, and its program reachable for every user");
        return;
    }
    let mut stranger = Server::spawn(command);
    assert_eq!(stranger.wait().code(), Some(2), "{:#?}", stranger.lines);
    assert!(stranger.lines.concat().contains("is in use"), "{:#?}", stranger.lines);
}

#[test]
fn sharing_is_for_tcp_and_for_servers_that_have_their_index() {
    let place = IndexFolder::new();
    let socket = format!("unix:{}", place.path("api.sock").display());
    refused(&place, &socket, Sandbox::None, SHARED, "TCP");
    let both = ["--share-port", "--wait-for-index"];
    refused(&place, "tcp:127.0.0.1:0", Sandbox::None, &both, "--wait-for-index");
}
