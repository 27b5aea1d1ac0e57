//! The real binary counts its own allocations: 100,000 requests of every kind of answer must not add to them.

use crate::support::corpus::corpus;
use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, payload, post};
use rustix::process::Signal;
use std::time::Duration;

const REQUESTS: u64 = 100_000;

/// What the line `stopped` of a server tells: (answers, allocations).
fn stop(mut server: Server) -> (u64, u64) {
    server.signal(Signal::TERM);
    let line = server.wait_for_line("\"stopped");
    assert_eq!(server.wait().code(), Some(0));
    let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
    (fields["answers"].as_u64().unwrap(), fields["allocations"].as_u64().unwrap())
}

fn all_kinds(listen: Listen, sandbox: Sandbox) {
    let place = IndexFolder::new();
    let server = Server::start(&place, listen, sandbox, &["--head-timeout-ms", "300", "--max-open-requests", "8"]);
    let cases = corpus();
    let (kept, closing): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.is_kept);
    let mut asked = 0;
    for case in closing.iter().cycle().take(2_000) {
        let mut client = server.connect();
        let _ = client.try_send(&case.request);
        assert_eq!(client.answer().status, case.status, "{}", case.name);
        asked += 1;
    }
    // More slow senders than there are buffers: 408 for want of room, then 408 for want of time.
    let mut slow: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send("POST");
    }
    for client in &mut slow {
        assert_eq!(client.answer().status, 408);
        asked += 1;
    }
    let mut client = server.connect();
    while asked < REQUESTS {
        let burst: Vec<_> = kept.iter().take((REQUESTS - asked) as usize).collect();
        client.send(burst.iter().flat_map(|case| case.request.clone()).collect::<Vec<u8>>());
        for case in burst {
            let answer = if case.is_head() { client.answer_to_head() } else { client.final_answer() };
            assert_eq!(answer.status, case.status, "{}", case.name);
            asked += 1;
        }
    }
    assert_eq!(stop(server), (asked, 0), "(answers, allocations) by {listen:?}, {sandbox:?}");
}

#[test]
fn no_kind_of_answer_allocates_on_io_uring() {
    all_kinds(Listen::Unix, Sandbox::None);
    all_kinds(Listen::Tcp, Sandbox::None);
}

#[test]
fn no_kind_of_answer_allocates_on_epoll() {
    all_kinds(Listen::Unix, Sandbox::NoIoUring);
    all_kinds(Listen::Tcp, Sandbox::NoIoUring);
}

/// Senders that never end, readers that never read, more connections than there is room for, silence, and connections
/// that vanish: what a server does about each must not allocate either.
fn attacks(sandbox: Sandbox) {
    let place = IndexFolder::new();
    let mut options = vec!["--max-connections", "500", "--max-open-requests", "8", "--idle-timeout-ms", "400"];
    for time in ["--head-timeout-ms", "--body-timeout-ms", "--write-timeout-ms"] {
        options.extend([time, "200"]);
    }
    let server = Server::start(&place, Listen::Unix, sandbox, &options);
    let descriptors = server.descriptors();
    let long = post(&"x".repeat(64 * 1024));
    let one = post(&payload(1));
    let burst = one.repeat(1_000);
    for round in 0..3 {
        let mut crowd: Vec<Client> = (0..700).map(|_| server.connect()).collect();
        for (number, client) in crowd.iter_mut().enumerate() {
            let part = match number % 7 {
                0 => &long[..long.len() - 1],
                1 => &one[..10],
                2 => "\r\n\r",
                3 => READY,
                4 => "\u{16}\u{3}\u{1}\r\n",
                5 => &one[..one.len() - 1],
                _ => "",
            };
            // A server that has given a connection up need not take what is left.
            client.send_within(part, Duration::from_millis(500));
        }
        let mut deaf: Vec<Client> = (0..4).map(|_| server.connect()).collect();
        for client in &mut deaf {
            // More than its answers find room for on the way back.
            client.send_within(&burst, Duration::from_millis(50));
        }
        if round == 0 {
            // Everyone is timed out; in the other rounds all vanish at once.
            server.must_come_down_to(descriptors);
        }
    }
    server.must_come_down_to(descriptors);
    // Idle ones, for their own sake.
    let mut idle: Vec<Client> = (0..100).map(|_| server.connect()).collect();
    idle.iter_mut().for_each(|client| assert_eq!(client.ask(READY).status, 200));
    idle.iter_mut().for_each(Client::must_be_closed);
    let (answers, allocations) = stop(server);
    assert!(answers > 1_000, "{answers}");
    assert_eq!(allocations, 0, "by {answers} answers, {sandbox:?}");
}

#[test]
fn attacks_and_time_outs_do_not_allocate_on_io_uring() {
    attacks(Sandbox::None);
}

#[test]
fn attacks_and_time_outs_do_not_allocate_on_epoll() {
    attacks(Sandbox::NoIoUring);
}

/// Looking for an index allocates, a few times a second; its answers must not.
#[test]
fn unavailable_answers_do_not_allocate() {
    for sandbox in [Sandbox::None, Sandbox::NoIoUring] {
        let of = |requests: u64| {
            let place = IndexFolder::empty();
            let server = Server::start(&place, Listen::Unix, sandbox, &["--wait-for-index"]);
            let mut client = server.connect();
            for _ in 0..requests / 2 {
                assert_eq!(client.ask(READY).status, 503);
                assert_eq!(client.ask(post(&payload(1))).status, 503);
            }
            stop(server)
        };
        let (answers, allocations) = of(10_000);
        assert_eq!(answers, 10_000);
        assert!(allocations < 1_000, "{allocations} in 10,000 requests");
    }
}
