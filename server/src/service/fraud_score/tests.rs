//! The server's routes behind the protocol, without sockets: by the corpus, whole and under the simulator.
//!
//! `corpus/STATUS-keep|close-what-it-is.http`: each file is the bytes of a request, and its name says what it must be
//! answered. The same files go to real servers (`tests/`), through the balancer, and are the seeds of the fuzzers.

mod answers;

use super::*;
use crate::service::AnyService;
use http::simulator::{Case, Peer, World};
use http::{Limits, Step};
use listener::{Phase, SharedPhase};
use std::path::Path;
use std::sync::Arc;

/// Scores a body by its length; what the corpus calls a bad payload is refused.
struct ByLength;

impl Score for ByLength {
    type Query = u8;
    type Error = &'static str;

    fn read(&mut self, body: &[u8]) -> Result<u8, &'static str> {
        let lacks_amount = body.starts_with(b"{") && !body.windows(8).any(|part| part == br#""amount""#);
        let is_bad = body.is_empty() || body == b"no json" || lacks_amount;
        if is_bad { Err("field `amount` is missing") } else { Ok((body.len() % 6) as u8) }
    }

    fn decide(&self, frauds: &u8) -> (u8, Proof) {
        (*frauds, Proof::Search)
    }

    fn generation(&self) -> u64 {
        0
    }
}

/// A server in this phase.
fn service(phase: Phase) -> FraudScore<ByLength> {
    FraudScore::new(Common::new(Arc::new(SharedPhase::new(phase))), ByLength)
}

/// Names and bytes of all requests, in order of the names.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut requests: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    requests.sort();
    assert!(requests.len() > 80, "the corpus must be there");
    requests
}

fn world() -> (World<FraudScore<ByLength>>, Vec<Case>) {
    let mut world = World::new(service(Phase::Ready), &Limits::default());
    let cases = corpus().iter().map(|(name, request)| world.case(name, request)).collect();
    (world, cases)
}

#[test]
fn every_request_of_the_corpus_gets_the_answer_in_its_name() {
    for (name, request) in corpus() {
        let (status, is_kept) = (name[..3].parse::<u16>().unwrap(), name[4..].starts_with("keep-"));
        let mut peer = Peer::new(service(Phase::Ready), &Limits::default());
        let step = peer.send(&request);
        let text = peer.text();
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {text}");
        if !request.starts_with(b"HEAD") {
            assert_eq!(peer.statuses(), [status], "{name}: {text}");
        }
        assert_eq!(step, if is_kept { Step::Idle } else { Step::Linger }, "{name}");
        assert_eq!(text.contains("Connection: close\r\n"), !is_kept, "{name}");
        assert_eq!(text.contains("application/problem+json"), status >= 400, "{name}");
    }
}

#[test]
fn the_corpus_cut_at_every_pair_of_positions_gets_its_answers() {
    let (mut world, cases) = world();
    world.check_cuts(&cases);
}

#[test]
fn the_corpus_pipelined_behind_itself_gets_both_answers_at_every_cut() {
    let (mut world, cases) = world();
    world.check_pairs(&cases);
}

#[test]
fn long_pipelines_of_the_corpus_get_every_answer_in_order() {
    let (mut world, cases) = world();
    world.check_pipelines(&cases, 4_000);
}

#[test]
fn faults_at_every_position_of_the_corpus_cost_at_most_the_request_they_hit() {
    let (mut world, cases) = world();
    world.check_faults(&cases);
}

#[test]
fn the_answer_to_head_has_the_fields_and_no_body() {
    let answer = |request: &[u8]| {
        let mut peer = Peer::new(service(Phase::Ready), &Limits::default());
        peer.send(request);
        peer.text()
    };
    let (get, head) =
        (answer(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"), answer(b"HEAD /ready HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(get, format!("{head}ready\n"));
    let wrong = answer(b"HEAD /fraud-score HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(wrong.starts_with("HTTP/1.1 405") && wrong.contains("Allow: POST\r\n") && wrong.ends_with("\r\n\r\n"));
}

#[test]
fn without_an_index_everything_is_unavailable_and_the_connection_stays() {
    let undecided = AnyService::new(Arc::new(SharedPhase::new(Phase::Starting)));
    let mut peer = Peer::new(undecided, &Limits::default());
    for path in ["/fraud-score", "/score"] {
        peer.send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na").as_bytes());
    }
    assert_eq!(peer.send(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"), Step::Idle);
    assert_eq!(peer.statuses(), [503, 503, 503]);
    assert_eq!(peer.text().matches("Retry-After: 1\r\n").count(), 3);
    peer.send(b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(peer.text().contains("POST /fraud-score or POST /score once an index is loaded"));
}

#[test]
fn draining_finishes_what_was_begun_and_closes() {
    let (begun, rest) = (b"POST /fraud-score HTTP/1.1\r\nHost: a\r\nContent-Le", b"ngth: 5\r\n\r\nhello");
    let mut peer = Peer::new(service(Phase::Ready), &Limits::default());
    peer.send(begun);
    peer.service.common.phase.set(Phase::Draining);
    assert_eq!(peer.send(rest), Step::Linger);
    assert_eq!(peer.statuses(), [200]);
    assert!(peer.text().contains("Connection: close\r\n"));
    let mut peer = Peer::new(service(Phase::Draining), &Limits::default());
    assert_eq!(peer.send(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"), Step::Linger);
    assert_eq!(peer.statuses(), [503]);
}

/// The heads of real routes go to the fuzzer of heads as well.
#[test]
fn the_corpus_is_replayed_to_the_fuzzer_of_heads() {
    corpus().iter().for_each(|(_, request)| http::fuzzing::head(request));
}
