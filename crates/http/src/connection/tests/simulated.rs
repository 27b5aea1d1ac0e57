//! Requests of every kind under the simulator, through a buffer that is smaller than one of the bodies.

use super::*;
use crate::simulator::{Case, World};

const LIMITS: Limits = Limits { output_bytes: 2 * crate::limits::RESPONSE_BYTES, ..Limits::DEFAULT };

/// (name, request, status, whether the connection is kept)
const REQUESTS: &[(&str, &str, &str, bool)] = &[
    ("length", "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "200", true),
    (
        "length to close",
        "POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nh",
        "200",
        false,
    ),
    (
        "chunked",
        "POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n003\r\nyou\r\n0\r\nA: b\r\n\r\n",
        "200",
        true,
    ),
    (
        "expecting",
        "POST /length HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        "200",
        true,
    ),
    ("ready", "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n", "200", true),
    ("ready behind empty lines", "\r\n\r\nGET /ready?x HTTP/1.1\r\nHost: a\r\n\r\n", "200", true),
    ("ready of old", "GET http://a/ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200", true),
    ("head of ready", "HEAD /ready HTTP/1.1\r\nHost: a\r\n\r\n", "200", true),
    ("large", "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "200", true),
    ("large of old", "GET /large HTTP/1.0\r\n\r\n", "200", false),
    ("head of large", "HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n", "200", true),
    ("empty body", "POST /length HTTP/1.1\r\nHost: a\r\n\r\n", "400", true),
    ("no host", "GET /ready HTTP/1.1\r\n\r\n", "400", true),
    ("invalid host", "POST /length HTTP/1.1\r\nHost: a b\r\nContent-Length: 2\r\n\r\nhi", "400", true),
    ("unknown path", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404", true),
    ("other method", "GET /length HTTP/1.1\r\nHost: a\r\n\r\n", "405", true),
    (
        "two lengths",
        "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi",
        "400",
        false,
    ),
    ("bad chunk", "POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "400", false),
    ("too large", "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", "413", false),
    ("other expectation", "GET /ready HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", "417", false),
    ("other coding", "POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501", false),
    ("other version", "GET /ready HTTP/2.0\r\n\r\n", "505", false),
];

fn world() -> (World<Lengths>, Vec<Case>) {
    let mut world = World::new(lengths(10_000), &LIMITS);
    let cases = REQUESTS.iter().map(|&(name, request, status, is_kept)| {
        let case = world.case(name, request.as_bytes());
        let text = str::from_utf8(&case.response).unwrap();
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {text}");
        assert_eq!(case.is_kept, is_kept, "{name}");
        assert_eq!(text.contains("Connection: close\r\n"), !is_kept, "{name}");
        case
    });
    let cases = cases.collect();
    (world, cases)
}

#[test]
fn every_request_cut_at_every_pair_of_positions_gets_its_response() {
    let (mut world, cases) = world();
    world.check_cuts(&cases);
}

#[test]
fn every_request_pipelined_behind_every_other_gets_both_responses_at_every_cut() {
    let (mut world, cases) = world();
    world.check_pairs(&cases);
}

#[test]
fn long_pipelines_in_random_order_get_every_response_in_order() {
    let (mut world, cases) = world();
    world.check_pipelines(&cases, 1_000);
}

#[test]
fn faults_at_every_position_cost_at_most_the_request_they_hit() {
    let (mut world, cases) = world();
    world.check_faults(&cases);
}
