//! The state machine without sockets: under a simulator (`simulated`), against the clock (`deadlines`), bodies larger
//! than the buffer (`streaming`), and single rules here.

mod deadlines;
mod simulated;
mod streaming;

use super::*;
use crate::head::Head;
use crate::response::{Answered, Prepared};
use crate::simulator::Peer;
use proptest::prelude::*;
use std::rc::Rc;

/// Answers with the length of a body, and with a large body. Marks every byte it was given, to show that it stays inside.
struct Lengths {
    is_closing: bool,
    ready: Prepared,
    large: Rc<[u8]>,
}

#[derive(Clone, Copy)]
enum Route {
    Length,
    Ready,
    Large,
    Other,
    OtherMethod,
}

impl Service for Lengths {
    type Route = Route;
    type Body = Rc<[u8]>;

    fn route(&self, head: &Head<'_>) -> Route {
        match (head.path(), head.method()) {
            (Some("/length"), "POST") => Route::Length,
            (Some("/length"), _) => Route::OtherMethod,
            (Some("/ready"), _) => Route::Ready,
            (Some("/large"), _) => Route::Large,
            _ => Route::Other,
        }
    }

    fn answer(&mut self, route: Route, body: &[u8], responder: Responder<'_, Rc<[u8]>>) -> Answered {
        match route {
            Route::Length if body.is_empty() => responder.problem(Status::BadRequest, "the body is empty"),
            Route::Length => responder.copied(Status::Ok, "text/plain", body.len().to_string().as_bytes()),
            Route::Ready => responder.prepared(&self.ready),
            Route::Large => responder.held(Status::Ok, "text/plain", self.large.clone()),
            Route::Other => responder.problem(Status::NotFound, "there is POST /length here"),
            Route::OtherMethod => responder.problem(Status::MethodNotAllowed { allow: "POST" }, "this path knows POST"),
        }
    }

    fn is_closing(&self) -> bool {
        self.is_closing
    }
}

/// A service whose large body has this many bytes.
fn lengths(large: usize) -> Lengths {
    Lengths {
        is_closing: false,
        ready: Prepared::new(Status::Ok, "text/plain", b"ready\n"),
        large: (0..large).map(|at| b'a' + (at % 26) as u8).collect(),
    }
}

fn ready() -> Peer<Lengths> {
    Peer::new(lengths(0), &Limits::default())
}

fn answer_to(request: &[u8]) -> (Vec<u8>, Step) {
    let mut peer = ready();
    let step = peer.send(request);
    (peer.sent, step)
}

fn post(fields: &str, body: &str) -> String {
    format!("POST /length HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn nothing_behind_the_last_answer_is_answered() {
    let (sent, step) = answer_to(format!("{}{}", post("Connection: close\r\n", "a"), post("", "a")).as_bytes());
    assert_eq!(sent.windows(8).filter(|window| window == b"HTTP/1.1").count(), 1);
    assert_eq!(step, Step::Linger);
}

#[test]
fn a_burst_longer_than_the_buffers_is_answered_whole() {
    let request = post("", &"x".repeat(40));
    let mut peer = ready();
    peer.send(request.repeat(2_000).as_bytes());
    assert_eq!(peer.statuses(), vec![200; 2_000]);
    assert_eq!(peer.step, Step::Idle);
}

#[test]
fn no_more_than_the_limit_of_pipelined_requests_is_answered_in_one_go() {
    let mut peer = ready();
    let requests = post("", "a").repeat(100);
    peer.send_some(requests.as_bytes());
    let mut goes = Vec::new();
    while peer.step == Step::Write {
        let answers = str::from_utf8(peer.buffer.unsent()).unwrap();
        goes.push(answers.matches("HTTP/1.1 200").count());
        peer.take_some(answers.len());
    }
    assert_eq!((goes, peer.step), (vec![16, 16, 16, 16, 16, 16, 4], Step::Idle));
}

#[test]
fn bodies_at_the_limit_pass_in_either_framing() {
    let body = "x".repeat(64 * 1024);
    let (sent, _) = answer_to(post("", &body).as_bytes());
    assert!(sent.starts_with(b"HTTP/1.1 200"));
    let mut chunked = String::from("POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..64 * 1024 {
        chunked.push_str("1\r\nx\r\n");
    }
    chunked.push_str("0\r\n\r\n");
    let (sent, step) = answer_to(chunked.as_bytes());
    assert!(sent.starts_with(b"HTTP/1.1 200"));
    assert_eq!(step, Step::Idle);
}

#[test]
fn continue_is_said_once_and_only_while_the_body_is_awaited() {
    let request = post("Expect: 100-continue\r\n", "hello");
    let (head, body) = request.split_at(request.len() - 5);
    let mut peer = ready();
    assert_eq!(peer.send(head.as_bytes()), Step::Read);
    assert_eq!(peer.sent, CONTINUE);
    peer.send(body.as_bytes());
    assert_eq!(peer.statuses(), [100, 200]);
    assert!(answer_to(request.as_bytes()).0.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_refused_length_is_answered_instead_of_continue() {
    let request = "POST /length HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
    assert!(answer_to(request.as_bytes()).0.starts_with(b"HTTP/1.1 413"));
}

#[test]
fn the_answer_to_head_has_the_fields_and_no_body() {
    let get = String::from_utf8(answer_to(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n").0).unwrap();
    let head = String::from_utf8(answer_to(b"HEAD /ready HTTP/1.1\r\nHost: a\r\n\r\n").0).unwrap();
    assert_eq!(get, format!("{head}ready\n"));
    let wrong = String::from_utf8(answer_to(b"HEAD /length HTTP/1.1\r\nHost: a\r\n\r\n").0).unwrap();
    assert!(wrong.starts_with("HTTP/1.1 405") && wrong.contains("Allow: POST\r\n") && wrong.ends_with("\r\n\r\n"));
}

#[test]
fn a_service_that_closes_gets_what_was_begun_answered_as_the_last() {
    let request = post("", "hello");
    let mut peer = ready();
    peer.send(&request.as_bytes()[..20]);
    peer.service.is_closing = true;
    assert_eq!(peer.send(&request.as_bytes()[20..]), Step::Linger);
    assert_eq!(peer.statuses(), [200]);
    assert!(peer.text().contains("Connection: close\r\n"));
}

/// Pieces that lead deep into the state machine, mixed with noise.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: [&str; 14] = [
        "POST /length HTTP/1.1\r\n",
        "GET /ready HTTP/1.1\r\n",
        "GET / HTTP/1.0\r\n",
        "Host: a\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n",
        "Expect: 100-continue\r\n",
        "\r\n",
        "abc",
        "3\r\nabc\r\n",
        "0\r\n\r\n",
        "\n",
        "\r",
    ];
    prop_oneof![
        4 => proptest::sample::select(&KNOWN[..]).prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn random_bytes_never_panic_and_answers_do_not_depend_on_the_cuts(
        pieces in proptest::collection::vec(piece(), 0..24),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
    ) {
        let bytes = pieces.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut whole = ready();
        whole.send(&bytes);
        let mut cut_up = ready();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            cut_up.send(&bytes[from..cut]);
            from = cut;
        }
        let interim = String::from_utf8_lossy(CONTINUE).into_owned();
        prop_assert_eq!(whole.text().replace(&interim, ""), cut_up.text().replace(&interim, ""));
        prop_assert_eq!(whole.step, cut_up.step);
        whole.expire();
        whole.end();
    }
}
