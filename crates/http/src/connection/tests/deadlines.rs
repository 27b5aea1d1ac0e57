//! What time does to a connection: time-outs, early ends and evictions.

use super::*;

#[test]
fn a_head_that_is_not_finished_in_time_is_answered_408() {
    let mut peer = ready();
    peer.now_ms = 1_000;
    peer.send(b"POST /length HT");
    assert_eq!(peer.connection.deadline_ms(), 6_000);
    peer.now_ms = 4_000;
    peer.send(b"TP/1.1\r\n");
    assert_eq!(peer.connection.deadline_ms(), 6_000, "dripping bytes must not move the deadline");
    assert_eq!(peer.expire(), Step::Linger);
    assert_eq!(peer.statuses(), [408]);
    assert_eq!(peer.expire(), Step::Close);
}

#[test]
fn a_body_that_is_not_finished_in_time_is_answered_408() {
    let mut peer = ready();
    peer.now_ms = 100;
    peer.send(b"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234");
    assert_eq!(peer.connection.deadline_ms(), 5_100);
    assert_eq!(peer.expire(), Step::Linger);
    assert_eq!(peer.statuses(), [408]);
}

#[test]
fn an_idle_connection_closes_silently() {
    let mut peer = ready();
    assert_eq!(peer.connection.deadline_ms(), 75_000);
    peer.now_ms = 50_000;
    peer.send(post("", "a").as_bytes());
    assert_eq!(peer.connection.deadline_ms(), 125_000);
    let before = peer.sent.len();
    assert_eq!(peer.expire(), Step::Close);
    assert_eq!(peer.sent.len(), before);
}

#[test]
fn empty_lines_between_requests_do_not_put_the_idle_deadline_off() {
    let mut peer = ready();
    peer.now_ms = 70_000;
    assert_eq!(peer.send(b"\r\n\r\n"), Step::Idle);
    assert_eq!(peer.connection.deadline_ms(), 75_000);
}

#[test]
fn an_empty_line_in_two_pieces_begins_no_request() {
    let mut peer = ready();
    peer.send(b"\r");
    peer.now_ms = 1_000;
    assert_eq!(peer.send(b"\n"), Step::Idle);
    assert_eq!(peer.connection.deadline_ms(), 75_000);
    peer.send(post("", "a").as_bytes());
    assert_eq!(peer.statuses(), [200]);
}

#[test]
fn an_answer_that_is_not_taken_in_time_closes() {
    let mut peer = ready();
    let request = post("", "a");
    peer.now_ms = 100;
    peer.send_some(request.as_bytes());
    assert_eq!((peer.step, peer.connection.deadline_ms()), (Step::Write, 5_100));
    assert_eq!(peer.expire(), Step::Close);
}

#[test]
fn a_request_that_ends_early_is_answered_400_and_an_idle_end_is_silent() {
    let mut peer = ready();
    assert_eq!(peer.end(), Step::Close);
    assert!(peer.sent.is_empty());
    for part in ["GET", "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123"] {
        let mut peer = ready();
        peer.send(part.as_bytes());
        assert_eq!(peer.end(), Step::Close);
        assert_eq!(peer.statuses(), [400]);
    }
}

#[test]
fn an_evicted_sender_is_answered_408_and_an_idle_one_nothing() {
    let mut peer = ready();
    peer.send(b"POST /len");
    assert_eq!(peer.evict(), Step::Linger);
    assert_eq!(peer.statuses(), [408]);
    let mut peer = ready();
    assert_eq!(peer.evict(), Step::Close);
}
