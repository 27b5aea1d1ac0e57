//! Every request of the corpus over real sockets, on both drivers, whole and in pieces.

use crate::support::corpus::{Case, corpus};
use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server};

#[track_caller]
fn must_be_answered(client: &mut Client, case: &Case) {
    let answer = if case.is_head() { client.answer_to_head() } else { client.final_answer() };
    assert_eq!(answer.status, case.status, "{}: {}", case.name, answer.body);
    assert_eq!(answer.closes(), !case.is_kept, "{}: {}", case.name, answer.head);
    if case.is_kept {
        assert_eq!(client.ask(READY).body, "ready\n", "{}: the next request begins where this one ended", case.name);
    } else {
        client.must_be_closed();
    }
}

#[test]
fn every_request_is_answered_whole_and_in_pieces() {
    for (listen, sandbox) in
        [Listen::Unix, Listen::Tcp].iter().flat_map(|&l| [Sandbox::None, Sandbox::NoIoUring].map(|s| (l, s)))
    {
        let place = IndexFolder::new();
        let server = Server::start(&place, listen, sandbox, &[]);
        for case in corpus() {
            let mut client = server.connect();
            client.send(&case.request);
            must_be_answered(&mut client, &case);
            // A server that has answered need not take what is left.
            let mut client = server.connect();
            for piece in case.request.chunks(case.request.len().div_ceil(3)) {
                let _ = client.try_send(piece);
                std::thread::sleep(std::time::Duration::from_micros(300));
            }
            must_be_answered(&mut client, &case);
        }
    }
}
