//! The real binary counts its own allocations: 100,000 requests of every kind of answer must not add to them.
#![allow(clippy::unwrap_used)] // a panic is a failed test

mod support;

use rustix::process::Signal;
use support::corpus::corpus;
use support::{Listen, Place, READY, Sandbox, Server, payload, post};

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
    let place = Place::new();
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

/// Looking for an index allocates, a few times a second; its answers must not.
#[test]
fn unavailable_answers_do_not_allocate() {
    for sandbox in [Sandbox::None, Sandbox::NoIoUring] {
        let of = |requests: u64| {
            let place = Place::empty();
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
