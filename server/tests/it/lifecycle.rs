//! Start and end of a server: exit codes, sockets left behind, signals, and the index that comes later.

use crate::support::{
    Client, IndexFolder, Listen, PATIENCE, READY, Sandbox, Server, at_once, comes_true, command, payload, post,
};
use rustix::process::Signal;
use std::time::Instant;

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];

#[track_caller]
fn fails(place: &IndexFolder, address: &str, options: &[&str], code: i32, says: &str) {
    let mut server = Server::spawn(command(place, address, Sandbox::None, options));
    assert_eq!(server.wait().code(), Some(code), "{:#?}", server.lines);
    assert!(server.lines.concat().contains(says), "{says}: {:#?}", server.lines);
}

#[test]
fn signals_stop_a_server_cleanly() {
    at_once(&BOTH, |sandbox| {
        for signal in [Signal::TERM, Signal::INT] {
            let place = IndexFolder::new();
            // An idle connection must not hold the stop up: neither time comes while the test waits.
            let never = ["--drain-timeout-ms", "3600000", "--idle-timeout-ms", "3600000"];
            let mut server = Server::start(&place, Listen::Unix, sandbox, &never);
            let mut idle = server.connect();
            assert_eq!(idle.ask(post(&payload(1))).status, 200);
            let begun = Instant::now();
            server.signal(signal);
            idle.must_be_closed();
            assert_eq!(server.wait().code(), Some(0));
            eprintln!("{sandbox:?}, {signal:?}: stopped after {:?}", begun.elapsed());
            assert!(!place.path("api.sock").exists(), "the socket must be removed");
        }
    });
}

#[test]
fn signals_that_mean_nothing_to_a_server_do_not_end_it() {
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let mut client = server.connect();
        for signal in [Signal::USR1, Signal::USR2, Signal::HUP, Signal::USR1, Signal::HUP] {
            server.signal(signal);
            assert_eq!(client.ask(post(&payload(1))).body, place.expected(&payload(1)));
        }
        assert!(server.wait_for_line("SIGHUP").contains("answers already"), "{:#?}", server.lines);
        assert_eq!(client.ask(READY).status, 200);
        server.signal(Signal::HUP);
        server.signal(Signal::TERM);
        assert_eq!(server.wait().code(), Some(0));
    }
}

/// Sends the beginning of a request, which has been read when this returns: it came in one piece with a request that is
/// answered.
#[track_caller]
fn has_begun(client: &mut Client, beginning: &str) {
    assert_eq!(client.ask(format!("{READY}{beginning}")).status, 200);
}

#[test]
fn open_requests_are_finished_and_readiness_is_withdrawn() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let (mut scoring, mut asking) = (server.connect(), server.connect());
        let request = post(&payload(3));
        has_begun(&mut scoring, &request[..200]);
        has_begun(&mut asking, &READY[..10]);
        server.signal(Signal::TERM);
        server.wait_for_line("stopping");
        assert!(Client::try_connect(&server.address).is_err(), "nobody new is let in");
        let unready = asking.ask(&READY[10..]);
        assert_eq!((unready.status, unready.closes()), (503, true));
        assert!(unready.head.contains("Retry-After: 1\r\n"));
        let scored = scoring.ask(&request[200..]);
        assert_eq!((scored.body.clone(), scored.closes()), (place.expected(&payload(3)), true));
        drop((scoring, asking));
        assert_eq!(server.wait().code(), Some(0));
    });
}

/// Requests that are complete when the signal comes, in connections that nobody has accepted: all are answered, also if
/// they are more than the table of connections holds.
#[test]
fn connections_in_the_queue_are_served_when_a_server_stops() {
    const CLIENTS: u32 = 300;
    for (sandbox, listen) in BOTH.iter().flat_map(|&s| [Listen::Unix, Listen::Tcp].map(|l| (s, l))) {
        for options in [&[][..], &["--max-connections", "16"]] {
            let place = IndexFolder::new();
            let mut server = Server::start(&place, listen, sandbox, options);
            let mut held: Vec<Client> = (0..8).map(|_| server.connect()).collect();
            held.iter_mut().for_each(|client| assert_eq!(client.ask(READY).status, 200));
            server.signal(Signal::STOP);
            server.must_be_stopped();
            let mut clients: Vec<Client> = (0..CLIENTS).map(|_| server.connect()).collect();
            for (n, client) in (0..).zip(&mut clients) {
                client.send(post(&payload(n)));
            }
            server.signal(Signal::TERM);
            server.signal(Signal::CONT);
            for (n, mut client) in (0..).zip(clients) {
                let answer = client.answer();
                let expected = (200, place.expected(&payload(n)), true);
                assert_eq!(
                    (answer.status, answer.body.clone(), answer.closes()),
                    expected,
                    "{sandbox:?} {listen:?} {n}"
                );
            }
            held.iter_mut().for_each(Client::must_be_closed);
            assert_eq!(server.wait().code(), Some(0), "{:#?}", server.lines);
        }
    }
}

#[test]
fn a_request_that_never_ends_does_not_hold_the_stop_up_for_ever() {
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Tcp, Sandbox::None, &["--drain-timeout-ms", "300"]);
    let mut stuck = server.connect();
    has_begun(&mut stuck, "POST");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(1));
}

#[test]
fn idle_connections_are_closed_silently() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Tcp, sandbox, &["--idle-timeout-ms", "200"]);
        let mut client = server.connect();
        client.ask(READY);
        client.must_be_closed();
    });
}

#[test]
fn the_socket_of_a_killed_server_is_replaced() {
    let place = IndexFolder::new();
    let mut killed = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    killed.signal(Signal::KILL);
    killed.wait();
    assert!(place.path("api.sock").exists());
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    assert_eq!(server.connect().ask(READY).status, 200);
}

#[test]
fn a_socket_in_use_is_left_to_its_server() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    fails(&place, &server.address, &[], 2, "in use");
    assert_eq!(server.connect().ask(READY).status, 200);
}

#[test]
fn addresses_that_cannot_be_listened_on_are_exit_code_2() {
    let place = IndexFolder::new();
    fails(&place, "unix:/nowhere/at/all.sock", &[], 2, "cannot listen on");
    fails(&place, "tcp:203.0.113.1:1", &[], 2, "cannot listen on");
    fails(&place, "somewhere", &[], 2, "unix:PATH");
    fails(&place, "tcp:127.0.0.1:0", &["--instance", "3/2"], 2, "I/N");
}

#[test]
fn no_index_is_exit_code_3() {
    let place = IndexFolder::empty();
    fails(&place, "tcp:127.0.0.1:0", &[], 3, "shm-loader load");
}

#[test]
fn a_damaged_index_is_exit_code_4() {
    let place = IndexFolder::new();
    let path = place.index_dir().join(shm_loader::PUBLISHED);
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    fails(&place, "tcp:127.0.0.1:0", &[], 4, "not valid");
}

#[test]
fn a_core_that_does_not_exist_is_exit_code_5() {
    let place = IndexFolder::new();
    fails(&place, "tcp:127.0.0.1:0", &["--cpu", "100000"], 5, "100000");
}

#[test]
fn a_pinned_server_runs_on_its_core_alone() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Tcp, Sandbox::None, &["--cpu", "0"]);
    assert_eq!(testkit::procfs::status(server.process_id(), "Cpus_allowed_list").unwrap(), "0");
}

#[test]
fn a_server_that_waits_for_its_index_answers_503_and_then_scores() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::empty();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--wait-for-index"]);
        let mut client = server.connect();
        for request in [READY.to_owned(), post(&payload(1))] {
            let answer = client.ask(request);
            assert_eq!((answer.status, answer.closes()), (503, false));
            assert!(answer.head.contains("Retry-After: 1\r\n") && answer.body.contains("shm-loader load"));
        }
        place.publish();
        assert!(comes_true(PATIENCE, || client.ask(READY).status == 200), "the index is not found");
        assert_eq!(client.ask(post(&payload(1))).body, place.expected(&payload(1)));
    });
}

#[test]
fn options_come_from_the_environment_too() {
    let place = IndexFolder::new();
    let path = place.path("env.sock");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_server"));
    command
        .env("FRAUDRING_INDEX_DIR", place.index_dir())
        .env("FRAUDRING_LISTEN", format!("unix:{}", path.display()))
        .env("FRAUDRING_INSTANCE", "2/2")
        .env("FRAUDRING_CPU", "none")
        .env("FRAUDRING_LOG", "json");
    let mut server = Server::spawn(command);
    assert!(server.wait_for_line("\"starting\"").contains("2/2"));
    server.wait_for_line("\"serving\"");
    assert_eq!(Client::connect(&format!("unix:{}", path.display())).ask(READY).status, 200);
}

#[test]
fn nothing_is_logged_per_request() {
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let before = server.lines.len();
    let mut client = server.connect();
    for n in 0..100 {
        client.ask(post(&payload(n)));
        client.ask(post("no json"));
    }
    server.signal(Signal::TERM);
    server.wait();
    let lines = &server.lines[before..];
    assert_eq!(lines.len(), 2, "stopping and stopped, and no more: {lines:#?}");
}
