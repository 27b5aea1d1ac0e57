//! What a run counts: right and wrong answers, and the kinds of errors.

use crate::support::{APPROVED, DENIED, Reaction, payloads, run, run_with, serve, serve_unix, test, with_length};
use load_test::Errors;
use std::time::Duration;

#[test]
fn every_request_is_sent_once_in_order_and_answered() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let server = serve(move |number| {
        log.lock().unwrap().push(number);
        Reaction::Body(APPROVED)
    });
    let report = run(&test("steady:500,0.4"), &server.target);
    assert_eq!((report.planned, report.sent, report.answered, report.errors), (Some(200), 200, 200, 0));
    assert!(report.all_right() && report.complete, "{report:?}");
    assert_eq!(report.true_negatives, 200);
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.sort_unstable();
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
    assert!((0.38..1.0).contains(&report.seconds), "{}", report.seconds);
}

#[test]
fn wrong_answers_are_counted_as_what_they_are() {
    let server = serve(|number| match number % 10 {
        0 => Reaction::Body(DENIED),
        1 => Reaction::Body(r#"{"approved":true,"fraud_score":0.4}"#),
        2 | 3 => Reaction::Body(APPROVED),
        4 => Reaction::Body(DENIED),
        _ => Reaction::Body(APPROVED),
    });
    // 2, 3 and 4 are frauds of which 2 and 3 are missed; 0 is none and is denied; 1 has the wrong score.
    let expected = (0..100).map(|number| if matches!(number % 10, 2..=4) { 5 } else { 0 });
    let report = run_with(&test("steady:500,0.2"), &server.target, &payloads(expected));
    assert_eq!((report.false_positives, report.false_negatives, report.wrong_scores), (10, 20, 10));
    assert_eq!((report.true_positives, report.true_negatives, report.errors), (10, 60, 0));
    assert_eq!(report.score.unwrap().weighted_errors, 10 + 3 * 20);
    assert!(report.score.unwrap().detection_cut, "30 % failed");
    assert_eq!((report.expected.unwrap().fraud_count, report.expected.unwrap().legit_count), (30, 70));
}

#[test]
fn errors_are_told_apart_and_the_connection_is_opened_again() {
    let server = serve(|number| match number {
        10 | 11 => Reaction::Status(503),
        20 => Reaction::Bytes(with_length(200, "no decision")),
        21 => Reaction::Bytes("this is not HTTP\r\n\r\n".to_owned()),
        30..33 => Reaction::Close,
        33 => Reaction::BytesAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned()),
        _ => Reaction::Body(APPROVED),
    });
    let report = run(&test("steady:500,0.2"), &server.target);
    assert_eq!(report.errors_by_kind, Errors { status: 2, broken: 2, connection: 4, timed_out: 0 });
    assert_eq!((report.sent, report.answered, report.errors), (100, 92, 8));
    assert_eq!(report.true_negatives, 92);
    assert_eq!(report.score.unwrap().weighted_errors, 40);
    assert!(report.first_error.as_deref().unwrap().contains("503"), "{:?}", report.first_error);
    // 21, 30 to 33.
    assert_eq!(report.connections.opened, report.connections.open as u64 + 5);
}

#[test]
fn silence_is_an_error_after_the_time_out_and_counts_with_its_time() {
    let server = serve(|number| if number == 5 { Reaction::Silence } else { Reaction::Body(APPROVED) });
    let report = run(&test("steady:200,0.25"), &server.target);
    assert_eq!(report.errors_by_kind, Errors { timed_out: 1, ..Errors::default() });
    assert_eq!((report.sent, report.answered), (50, 49));
    assert!((500.0..560.0).contains(&report.latency_ms.max), "{:?}", report.latency_ms);
    assert!((500.0..560.0).contains(&report.service_ms.max), "{:?}", report.service_ms);
}

#[test]
fn a_server_that_closes_after_each_answer_is_served_on_new_connections() {
    let server = serve(|_| {
        let text = with_length(200, APPROVED).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        Reaction::BytesAndClose(text)
    });
    let report = run(&test("steady:500,0.2"), &server.target);
    assert!(report.all_right(), "{report:?}");
    assert_eq!(report.sent, 100);
    assert_eq!(report.connections.opened, report.connections.open as u64 + report.sent);
}

#[test]
fn a_server_that_closes_without_a_word_between_requests_costs_no_answer() {
    let server = serve(|_| Reaction::BytesAndClose(with_length(200, APPROVED)));
    let report = run(&test("steady:200,0.25"), &server.target);
    assert!(report.all_right(), "{report:?}");
    assert!(report.connections.opened > 40, "{:?}", report.connections);
}

#[test]
fn chunked_answers_and_answers_in_pieces_are_read() {
    let server = serve(|number| match number % 2 {
        0 => Reaction::Bytes(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{APPROVED}\r\n0\r\n\r\n",
            APPROVED.len()
        )),
        _ => Reaction::Body(APPROVED),
    });
    assert!(run(&test("steady:200,0.25"), &server.target).all_right());
}

#[test]
fn unix_sockets_are_targets_too() {
    let folder = tempfile::tempdir().unwrap();
    let target = serve_unix(&folder.path().join("api.sock"), APPROVED);
    let report = run(&test("steady:500,0.2"), &target);
    assert!(report.all_right() && report.sent == 100, "{report:?}");
}

#[test]
fn a_late_answer_shows_in_latency_and_in_service_time() {
    let server = serve(|_| Reaction::Late(Duration::from_millis(30), APPROVED));
    let report = run(&test("steady:100,0.3"), &server.target);
    assert!((30.0..300.0).contains(&report.service_ms.p50), "{:?}", report.service_ms);
    assert!(report.latency_ms.p50 >= report.service_ms.p50);
}
