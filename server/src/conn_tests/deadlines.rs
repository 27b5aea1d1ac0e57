//! What time does to a connection: time-outs, early ends and evictions.

use super::*;

#[test]
fn a_head_that_is_not_finished_in_time_is_answered_408() {
    let mut bench = Bench::new(ready());
    bench.now_ms = 1_000;
    bench.feed(b"POST /fraud-score HT");
    assert_eq!(bench.conn.deadline_ms(), 6_000);
    bench.now_ms = 4_000;
    bench.feed(b"TP/1.1\r\n");
    assert_eq!(bench.conn.deadline_ms(), 6_000, "dripping bytes must not move the deadline");
    assert_eq!(bench.expire(), Step::Linger);
    assert_eq!(bench.statuses(), [408]);
    assert_eq!(bench.expire(), Step::Close);
}

#[test]
fn a_body_that_is_not_finished_in_time_is_answered_408() {
    let mut bench = Bench::new(ready());
    bench.now_ms = 100;
    bench.feed(b"POST /fraud-score HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234");
    assert_eq!(bench.conn.deadline_ms(), 5_100);
    assert_eq!(bench.expire(), Step::Linger);
    assert_eq!(bench.statuses(), [408]);
}

#[test]
fn an_idle_connection_closes_silently() {
    let mut bench = Bench::new(ready());
    assert_eq!(bench.conn.deadline_ms(), 75_000);
    bench.now_ms = 50_000;
    bench.feed(post("", "a").as_bytes());
    assert_eq!(bench.conn.deadline_ms(), 125_000);
    let before = bench.sent.len();
    assert_eq!(bench.expire(), Step::Close);
    assert_eq!(bench.sent.len(), before);
}

#[test]
fn empty_lines_between_requests_do_not_put_the_idle_deadline_off() {
    let mut bench = Bench::new(ready());
    bench.now_ms = 70_000;
    assert_eq!(bench.feed(b"\r\n\r\n"), Step::Idle);
    assert_eq!(bench.conn.deadline_ms(), 75_000);
}

#[test]
fn an_empty_line_in_two_pieces_begins_no_request() {
    let mut bench = Bench::new(ready());
    bench.feed(b"\r");
    bench.now_ms = 1_000;
    assert_eq!(bench.feed(b"\n"), Step::Idle);
    assert_eq!(bench.conn.deadline_ms(), 75_000);
    bench.feed(post("", "a").as_bytes());
    assert_eq!(bench.statuses(), [200]);
}

#[test]
fn an_answer_that_is_not_taken_in_time_closes() {
    let mut bench = Bench::new(ready());
    let request = post("", "a");
    bench.buffer.room()[..request.len()].copy_from_slice(request.as_bytes());
    bench.buffer.received(request.len());
    let step = bench.conn.received(&mut bench.buffer, &mut bench.service, 100);
    assert_eq!((step, bench.conn.deadline_ms()), (Step::Write, 5_100));
    assert_eq!(bench.conn.expired(&mut bench.buffer, 5_100), Step::Close);
}

#[test]
fn a_request_that_ends_early_is_answered_400_and_an_idle_end_is_silent() {
    let mut bench = Bench::new(ready());
    assert_eq!(bench.end(), Step::Close);
    assert!(bench.sent.is_empty());
    for part in ["GET", "POST /fraud-score HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123"] {
        let mut bench = Bench::new(ready());
        bench.feed(part.as_bytes());
        assert_eq!(bench.end(), Step::Close);
        assert_eq!(bench.statuses(), [400]);
    }
}

#[test]
fn an_evicted_sender_is_answered_408_and_an_idle_one_nothing() {
    let mut bench = Bench::new(ready());
    bench.feed(b"POST /fraud");
    let step = bench.conn.evicted(&mut bench.buffer, 10);
    assert_eq!(bench.settle(step), Step::Linger);
    assert_eq!(bench.statuses(), [408]);
    let mut bench = Bench::new(ready());
    assert_eq!(bench.conn.evicted(&mut bench.buffer, 10), Step::Close);
}
