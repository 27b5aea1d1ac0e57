//! What `docs/METRICS.md` lists is what a server shows, and all of it moves under traffic that should move it.

use crate::support::{
    Client, IndexFolder, Listen, PATIENCE, READY, Sandbox, Server, comes_true, payload, post, random_index,
};
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = include_str!("../../../docs/METRICS.md");

/// The text of `GET /metrics`.
fn scrape(server: &Server, fields: &str) -> (String, String) {
    let mut client = Client::connect(server.admin());
    let response = client.ask(format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"));
    assert_eq!(response.status, 200);
    (response.head, response.body)
}

/// Samples by name with labels. The text is read by its grammar, which `promtool` is asked about elsewhere.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
    };
    let all: Vec<_> = lines.map(sample).collect();
    let by_name: BTreeMap<String, f64> = all.iter().cloned().collect();
    assert_eq!(by_name.len(), all.len(), "a sample is there twice");
    by_name
}

/// Names and types of all families.
fn families(text: &str) -> BTreeMap<String, String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split_once(' ').unwrap()).map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

/// The rows of the document: names and types.
fn documented() -> BTreeMap<String, String> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `"));
    let row = |line: &str| {
        let (name, rest) = line.split_once("` | ").unwrap();
        let kind = rest.split([' ', ',']).next().unwrap();
        (name.to_owned(), kind.to_owned())
    };
    rows.map(row).collect()
}

/// Every kind of request that is counted apart.
fn make_traffic(server: &Server) {
    let mut client = Client::connect(&server.address);
    for n in 0..300 {
        assert_eq!(client.ask(post(&payload(n))).status, 200);
    }
    assert_eq!(client.ask(READY).status, 200);
    assert_eq!(client.ask(post("{}")).status, 400);
    for (status, request) in [
        (405, "GET /fraud-score HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        (404, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        (400, "GET /ready HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_owned()),
        (413, "POST /fraud-score HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n".to_owned()),
        (417, "POST /fraud-score HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\nContent-Length: 1\r\n\r\n".to_owned()),
        (431, format!("GET /ready HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(9_000))),
        (501, "POST /fraud-score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned()),
        (505, "GET /ready HTTP/3.0\r\nHost: a\r\n\r\n".to_owned()),
        (408, "GET /ready HTTP/1.1\r\nHost".to_owned()),
    ] {
        assert_eq!(Client::connect(&server.address).ask(request.clone()).status, status, "{request}");
    }
}

#[test]
fn every_documented_metric_is_shown_and_moves() {
    let place = IndexFolder::new();
    let log = place.path("decisions");
    let options = ["--head-timeout-ms", "200", "--decision-log", log.to_str().unwrap(), "--decision-log-sample", "1/9"];
    let mut server = Server::start(&place, Listen::Tcp, Sandbox::None, &options);
    let (_, before) = scrape(&server, "");
    assert_eq!(families(&before), documented(), "docs/METRICS.md and the server differ");
    make_traffic(&server);
    place.publish_image(&random_index(300));
    server.wait_for_line("went over");
    place.publish_unchecked(b"no index");
    server.wait_for_line("refused");
    let _open = Client::connect(&server.address);
    let mut after = BTreeMap::new();
    let is_open = |name: &str, all: &BTreeMap<String, f64>| all.get(name).is_some_and(|value| *value > 0.0);
    assert!(comes_true(PATIENCE, || {
        after = samples(&scrape(&server, "").1);
        is_open("fraudring_connections_open", &after) && is_open("fraudring_generation_swaps_total", &after)
    }));
    let moved: BTreeSet<&str> = after
        .iter()
        .filter(|(_, value)| **value > 0.0)
        .map(|(name, _)| name.split('{').next().unwrap())
        .map(|name| name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count"))
        .collect();
    // Lent only while a request is in the middle of arriving; counted only by loaders that number what they publish, and
    // where a disk is full; and those of a schema, where rows answer.
    let elsewhere = [
        "fraudring_buffers_in_use",
        "fraudring_generation",
        "fraudring_decision_log_dropped_total",
        "fraudring_schema_info",
        "fraudring_answers_total",
    ];
    let still: Vec<_> = documented().into_keys().filter(|name| !moved.contains(name.as_str())).collect();
    assert!(still.iter().all(|name| elsewhere.contains(&name.as_str())), "nothing moves {still:?}");
    // By label, too, where each has a cause above.
    for name in ["fraudring_requests_total{", "fraudring_refused_total{"] {
        for (sample, value) in after.range(name.to_owned()..).take_while(|(sample, _)| sample.starts_with(name)) {
            let is_caused = !sample.contains("\"unavailable\"") && !sample.contains("\"scored\"");
            assert_eq!(*value > 0.0, is_caused, "{sample}");
        }
    }
}

#[test]
fn counts_are_those_of_the_requests_and_buckets_add_up() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::NoIoUring, &[]);
    let mut client = Client::connect(&server.address);
    for n in 0..250 {
        assert_eq!(client.ask(post(&payload(n))).status, 200);
    }
    let all = samples(&scrape(&server, "").1);
    let of = |name: &str| all[name];
    let scored = of("fraudring_requests_total{answer=\"approved\",status=\"200\"}")
        + of("fraudring_requests_total{answer=\"denied\",status=\"200\"}");
    assert_eq!(scored, 250.0);
    let proofs: f64 =
        all.iter().filter(|(name, _)| name.starts_with("fraudring_proofs_total")).map(|(_, value)| value).sum();
    assert_eq!(proofs, 250.0);
    for histogram in ["request", "parse", "search"] {
        let prefix = format!("fraudring_{histogram}_seconds");
        let mut buckets: Vec<(f64, f64)> = all
            .iter()
            .filter_map(|(name, value)| {
                let bound = name.strip_prefix(&format!("{prefix}_bucket{{le=\""))?.strip_suffix("\"}")?;
                Some((if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() }, *value))
            })
            .collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        assert_eq!(buckets.len(), 49);
        assert!(buckets.is_sorted_by(|one, other| one.1 <= other.1), "{histogram} is not cumulative");
        assert_eq!((buckets[48].1, of(&format!("{prefix}_count"))), (250.0, 250.0));
        assert!(of(&format!("{prefix}_sum")) > 0.0);
    }
}

#[test]
fn the_form_is_the_one_that_the_client_accepts() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let (head, text) = scrape(&server, "Accept: application/openmetrics-text; version=1.0.0, text/plain;q=0.5\r\n");
    assert!(head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(text.ends_with("# EOF\n") && text.contains("# UNIT fraudring_request_seconds seconds\n"), "{text}");
    let (head, text) = scrape(&server, "Accept: */*\r\n");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(!text.contains("# EOF") && text.contains("# TYPE fraudring_requests_total counter\n"), "{text}");
}
