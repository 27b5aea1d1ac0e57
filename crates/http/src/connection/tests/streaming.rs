//! Bodies that are larger than the buffer.

use super::*;

const LARGE: usize = 1024 * 1024;
const LIMITS: Limits = Limits { output_bytes: 2 * crate::limits::RESPONSE_BYTES, ..Limits::DEFAULT };
const GET: &str = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
const READY: &str = "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n";

fn peer() -> Peer<Lengths> {
    Peer::new(lengths(LARGE), &LIMITS)
}

/// The response to GET, and what it is of a ready service.
fn responses() -> (Vec<u8>, Vec<u8>) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {LARGE}\r\n\r\n");
    let ready = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nready\n";
    ([head.as_bytes(), &lengths(LARGE).large].concat(), ready.to_vec())
}

#[test]
fn a_mebibyte_passes_through_a_buffer_of_4_kib_with_small_ones_around_it() {
    let (large, small) = responses();
    let mut peer = peer();
    assert_eq!(peer.send([READY, GET, READY, GET, READY].concat().as_bytes()), Step::Idle);
    assert!(peer.sent == [&small[..], &large, &small, &large, &small].concat());
    assert_eq!(peer.connection.answers(), 5);
}

#[test]
fn short_writes_of_every_size_lose_and_repeat_nothing() {
    let (large, small) = responses();
    for most in [1_usize, 2, 3, 7, 4095, 4096, 4097, 65_536] {
        let mut peer = peer();
        let requests = [READY, GET, READY].concat();
        let (first, second) = requests.split_at(READY.len() + 9);
        peer.send(first.as_bytes());
        peer.send_some(second.as_bytes());
        while peer.step == Step::Write {
            peer.take_some(most.min(peer.buffer.unsent().len()));
        }
        assert!(peer.sent == [&small[..], &large, &small].concat(), "{most} bytes at once");
        assert_eq!(peer.step, Step::Idle);
    }
}

#[test]
fn the_first_write_is_full_and_small_responses_go_with_the_last_part() {
    let mut peer = peer();
    peer.send_some([GET, READY].concat().as_bytes());
    assert!(peer.connection.is_streaming());
    assert_eq!(peer.buffer.unsent().len(), LIMITS.output_bytes);
    let mut last = Vec::new();
    while peer.step == Step::Write {
        last = peer.take_some(peer.buffer.unsent().len()).to_vec();
    }
    assert!(last.ends_with(b"ready\n"));
    assert!(!peer.connection.is_streaming());
}

#[test]
fn head_gets_the_length_and_none_of_the_body() {
    let mut peer = peer();
    assert_eq!(peer.send(b"HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n"), Step::Idle);
    assert_eq!(peer.sent, responses().0[..peer.sent.len()]);
    assert!(peer.text().ends_with("\r\n\r\n"));
}

#[test]
fn the_last_response_is_sent_whole_before_the_connection_lingers() {
    let mut peer = peer();
    assert_eq!(peer.send(format!("GET /large HTTP/1.0\r\n\r\n{READY}").as_bytes()), Step::Linger);
    assert!(peer.sent.ends_with(&lengths(LARGE).large[LARGE - 100..]));
    assert_eq!(peer.connection.answers(), 1);
}

#[test]
fn each_part_has_the_write_timeout_and_a_part_that_is_not_taken_closes() {
    let mut peer = peer();
    peer.send_some(GET.as_bytes());
    for part in 0..30 {
        assert_eq!(peer.connection.deadline_ms(), peer.now_ms + LIMITS.write_timeout_ms, "part {part}");
        assert!(!peer.connection.is_idle() && !peer.connection.reads() && peer.connection.needs_buffer());
        peer.now_ms += LIMITS.write_timeout_ms - 1;
        peer.take_some(peer.buffer.unsent().len());
    }
    assert_eq!(peer.expire(), Step::Close);
}

#[test]
fn a_slow_reader_has_the_whole_idle_time_after_the_last_part() {
    let mut peer = peer();
    peer.send_some(GET.as_bytes());
    while peer.step == Step::Write {
        peer.now_ms += LIMITS.write_timeout_ms - 1;
        peer.take_some(peer.buffer.unsent().len());
    }
    // the last part was put into the buffer one wait before it was taken
    let begun_ms = peer.now_ms - (LIMITS.write_timeout_ms - 1);
    assert_eq!(peer.connection.deadline_ms(), begun_ms + LIMITS.idle_timeout_ms);
}

#[test]
fn who_must_make_room_while_streaming_is_closed() {
    let mut peer = peer();
    peer.send_some(GET.as_bytes());
    assert_eq!(peer.evict(), Step::Close);
}
