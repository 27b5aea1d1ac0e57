//! The state machine without sockets: whole, cut at every position, pipelined, at random, and against the clock.

use super::*;
use proptest::prelude::*;

/// Scores a body by its length; `bad` is refused. Marks every byte it was given, to show that it stays inside.
struct ByLength {
    phase: Phase,
    has_index: bool,
}

impl Service for ByLength {
    type Error = &'static str;

    fn phase(&self) -> Phase {
        self.phase
    }

    fn score(&mut self, body: &mut [u8]) -> Option<Result<u8, &'static str>> {
        let is_bad = body == b"bad";
        body.fill(b'#');
        self.has_index.then_some(if is_bad { Err("field `amount` is missing") } else { Ok((body.len() % 6) as u8) })
    }
}

fn ready() -> ByLength {
    ByLength { phase: Phase::Ready, has_index: true }
}

/// A connection, its buffer, its service and all that it sent.
struct Bench {
    conn: Conn,
    buffer: Buffer,
    service: ByLength,
    sent: Vec<u8>,
    step: Step,
    now_ms: u64,
}

impl Bench {
    fn new(service: ByLength) -> Self {
        let limits = Limits::default();
        let conn = Conn::new(&limits, 0);
        Self { conn, buffer: Buffer::new(&limits), service, sent: Vec::new(), step: Step::Idle, now_ms: 0 }
    }

    /// Feeds bytes as a socket would: no more at once than there is room, and nothing after the end.
    fn feed(&mut self, mut bytes: &[u8]) -> Step {
        while !bytes.is_empty() && matches!(self.step, Step::Idle | Step::Read) {
            let room = self.buffer.room();
            let count = bytes.len().min(room.len());
            assert!(count > 0, "a connection that wants to read must have room");
            room[..count].copy_from_slice(&bytes[..count]);
            self.buffer.received(count);
            bytes = &bytes[count..];
            let step = self.conn.received(&mut self.buffer, &mut self.service, self.now_ms);
            self.settle(step);
        }
        self.step
    }

    fn settle(&mut self, mut step: Step) -> Step {
        while step == Step::Write {
            self.sent.extend_from_slice(self.buffer.unsent());
            let count = self.buffer.unsent().len();
            assert!(count > 0, "a step to write needs something to write");
            self.buffer.sent(count);
            step = self.conn.written(&mut self.buffer, &mut self.service, self.now_ms);
        }
        if matches!(step, Step::Idle | Step::Linger) {
            assert!(!self.conn.needs_buffer() && self.buffer.unread().is_empty(), "{step:?} must hold nothing");
        }
        self.step = step;
        step
    }

    fn end(&mut self) -> Step {
        let step = self.conn.ended(&mut self.buffer, self.now_ms);
        self.settle(step)
    }

    fn expire(&mut self) -> Step {
        self.now_ms = self.conn.deadline_ms();
        let step = self.conn.expired(&mut self.buffer, self.now_ms);
        self.settle(step)
    }

    fn text(&self) -> String {
        String::from_utf8(self.sent.clone()).unwrap()
    }

    /// Status codes of all answers so far; checks that each is complete and framed by its Content-Length.
    fn statuses(&self) -> Vec<u16> {
        let mut statuses = Vec::new();
        let text = self.text();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (head, after) = rest.split_once("\r\n\r\n").expect("a whole head");
            let status = head[9..12].parse().unwrap();
            statuses.push(status);
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length = length.map_or(0, |length| length.parse::<usize>().unwrap());
            rest = &after[length..];
        }
        statuses
    }
}

fn answer_to(request: &[u8]) -> (Vec<u8>, Step) {
    let mut bench = Bench::new(ready());
    let step = bench.feed(request);
    (bench.sent, step)
}

fn post(fields: &str, body: &str) -> String {
    format!("POST /fraud-score HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// (what it is, request, status, whether the connection is kept)
fn corpus() -> Vec<(&'static str, String, u16, bool)> {
    let host = "Host: a\r\n";
    let chunked = |body: &str| format!("POST /fraud-score HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n{body}");
    let head = |fields: &str| format!("POST /fraud-score HTTP/1.1\r\n{host}{fields}\r\n");
    vec![
        ("score", post("", "hello"), 200, true),
        ("empty body", post("", ""), 200, true),
        ("no length", head(""), 200, true),
        ("query and content type", post("Content-Type: text/css\r\n", "x").replace("score ", "score?a=b "), 200, true),
        ("chunked", chunked("5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"), 200, true),
        ("expect continue", post("Expect: 100-continue\r\n", "hello"), 200, true),
        ("connection close", post("Connection: close\r\n", "hello"), 200, false),
        ("old", "POST /fraud-score HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi".into(), 200, false),
        ("old kept", "GET /ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".into(), 200, true),
        ("empty line before", format!("\r\n{}", post("", "hello")), 200, true),
        ("ready", format!("GET /ready HTTP/1.1\r\n{host}\r\n"), 200, true),
        ("head of nothing", format!("HEAD /nothing HTTP/1.1\r\n{host}\r\n"), 404, true),
        ("bad payload", post("", "bad"), 400, true),
        ("unknown path", post("", "hello").replace("/fraud-score", "/fraud"), 404, true),
        ("other method", post("", "hello").replace("POST", "PUT"), 405, true),
        ("missing host", "GET /ready HTTP/1.1\r\n\r\n".into(), 400, true),
        ("body over the limit", head("Content-Length: 65537\r\n"), 413, false),
        ("chunk over the limit", chunked("10001\r\n"), 413, false),
        ("head over the limit", head(&format!("X: {}\r\n", "a".repeat(8192))), 431, false),
        ("too many fields", head(&"X: 1\r\n".repeat(65)), 431, false),
        ("length and coding", head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400, false),
        ("two lengths", head("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, false),
        ("bad chunk", chunked("zz\r\n"), 400, false),
        ("chunk without end", chunked("2\r\nabcd\r\n"), 400, false),
        ("space before colon", head("Content-Length : 5\r\n"), 400, false),
        ("folded", head("X: a\r\n b\r\n"), 400, false),
        ("bare lf", "GET /ready HTTP/1.1\nHost: a\n\n".into(), 400, false),
        ("bare cr", head("X: a\rY: b\r\n"), 400, false),
        ("other coding", head("Transfer-Encoding: gzip, chunked\r\n"), 501, false),
        ("other version", "GET /ready HTTP/2.0\r\nHost: a\r\n\r\n".into(), 505, false),
        ("noise", "\u{16}\u{3}\u{1} noise\r\n\r\n".into(), 400, false),
    ]
}

fn without_continue(bytes: &[u8]) -> Vec<u8> {
    bytes.strip_prefix(response::CONTINUE).unwrap_or(bytes).to_vec()
}

#[test]
fn every_request_of_the_corpus_gets_its_answer() {
    for (name, request, status, is_kept) in corpus() {
        let mut bench = Bench::new(ready());
        let step = bench.feed(request.as_bytes());
        if !name.starts_with("head of") {
            assert_eq!(bench.statuses(), [status], "{name}: {}", bench.text());
        }
        assert_eq!(step, if is_kept { Step::Idle } else { Step::Linger }, "{name}");
        assert_eq!(bench.text().contains("Connection: close\r\n"), !is_kept, "{name}");
        assert_eq!(bench.text().contains("application/problem+json"), status >= 400, "{name}");
    }
}

#[test]
fn a_request_cut_at_every_position_gets_the_answer_of_the_whole() {
    for (name, request, ..) in corpus() {
        let (whole, step) = answer_to(request.as_bytes());
        let cuts: Vec<usize> = match request.len() {
            0..1000 => (0..request.len()).collect(),
            long => (0..long).step_by(97).chain(long - 10..long).collect(),
        };
        for cut in cuts {
            let mut bench = Bench::new(ready());
            bench.feed(&request.as_bytes()[..cut]);
            bench.feed(&request.as_bytes()[cut..]);
            assert_eq!(without_continue(&bench.sent), whole, "{name} cut at {cut}");
            assert_eq!(bench.step, step, "{name} cut at {cut}");
        }
        let mut bench = Bench::new(ready());
        request.as_bytes().iter().for_each(|&byte| {
            bench.feed(&[byte]);
        });
        assert_eq!((without_continue(&bench.sent), bench.step), (whole, step), "{name} byte by byte");
    }
}

#[test]
fn pipelined_pairs_get_both_answers_in_order_at_every_cut() {
    let requests: Vec<_> = corpus().into_iter().filter(|(_, request, ..)| request.len() < 300).collect();
    for (first_name, first, _, is_kept) in requests.iter().filter(|(.., is_kept)| *is_kept) {
        assert!(is_kept);
        for (second_name, second, ..) in &requests {
            let (mut expected, _) = answer_to(first.as_bytes());
            let (second_answer, step) = answer_to(second.as_bytes());
            expected.extend_from_slice(&second_answer);
            let both = format!("{first}{second}");
            for cut in (0..both.len()).step_by(7) {
                let mut bench = Bench::new(ready());
                bench.feed(&both.as_bytes()[..cut]);
                bench.feed(&both.as_bytes()[cut..]);
                let sent = bench.text().replace(str::from_utf8(response::CONTINUE).unwrap(), "");
                assert_eq!(sent.as_bytes(), expected, "{first_name} then {second_name} cut at {cut}");
                assert_eq!(bench.step, step);
            }
        }
    }
}

#[test]
fn nothing_behind_the_last_answer_is_answered() {
    let (sent, step) = answer_to(format!("{}{}", post("Connection: close\r\n", "a"), post("", "b")).as_bytes());
    assert_eq!(sent.windows(8).filter(|window| window == b"HTTP/1.1").count(), 1);
    assert_eq!(step, Step::Linger);
}

#[test]
fn a_burst_longer_than_the_buffers_is_answered_whole() {
    let request = post("", &"x".repeat(40));
    let mut bench = Bench::new(ready());
    bench.feed(request.repeat(2_000).as_bytes());
    assert_eq!(bench.statuses(), vec![200; 2_000]);
    assert_eq!(bench.step, Step::Idle);
}

#[test]
fn bodies_at_the_limit_pass_in_either_framing() {
    let body = "x".repeat(64 * 1024);
    let (sent, _) = answer_to(post("", &body).as_bytes());
    assert!(sent.starts_with(b"HTTP/1.1 200"));
    let mut chunked = String::from("POST /fraud-score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
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
    let mut bench = Bench::new(ready());
    assert_eq!(bench.feed(head.as_bytes()), Step::Read);
    assert_eq!(bench.sent, response::CONTINUE);
    bench.feed(body.as_bytes());
    assert_eq!(bench.statuses(), [100, 200]);
    assert!(answer_to(request.as_bytes()).0.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_refused_length_is_answered_instead_of_continue() {
    let request = "POST /fraud-score HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
    assert!(answer_to(request.as_bytes()).0.starts_with(b"HTTP/1.1 413"));
}

#[test]
fn the_answer_to_head_has_the_fields_and_no_body() {
    let get = String::from_utf8(answer_to(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n").0).unwrap();
    let head = String::from_utf8(answer_to(b"HEAD /ready HTTP/1.1\r\nHost: a\r\n\r\n").0).unwrap();
    assert_eq!(get, format!("{head}ready\n"));
    let wrong = String::from_utf8(answer_to(b"HEAD /fraud-score HTTP/1.1\r\nHost: a\r\n\r\n").0).unwrap();
    assert!(wrong.starts_with("HTTP/1.1 405") && wrong.contains("Allow: POST\r\n") && wrong.ends_with("\r\n\r\n"));
}

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

#[test]
fn without_an_index_everything_is_unavailable_and_the_connection_stays() {
    let mut bench = Bench::new(ByLength { phase: Phase::Starting, has_index: false });
    bench.feed(post("", "a").as_bytes());
    assert_eq!(bench.feed(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"), Step::Idle);
    assert_eq!(bench.statuses(), [503, 503]);
    assert_eq!(bench.text().matches("Retry-After: 1\r\n").count(), 2);
}

#[test]
fn draining_finishes_what_was_begun_and_closes() {
    let request = post("", "hello");
    let mut bench = Bench::new(ready());
    bench.feed(&request.as_bytes()[..20]);
    bench.service.phase = Phase::Draining;
    assert_eq!(bench.feed(&request.as_bytes()[20..]), Step::Linger);
    assert_eq!(bench.statuses(), [200]);
    assert!(bench.text().contains("Connection: close\r\n"));
    let mut bench = Bench::new(ByLength { phase: Phase::Draining, has_index: true });
    assert_eq!(bench.feed(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"), Step::Linger);
    assert_eq!(bench.statuses(), [503]);
}

/// Pieces that lead deep into the state machine, mixed with noise.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: [&str; 14] = [
        "POST /fraud-score HTTP/1.1\r\n",
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
        let mut whole = Bench::new(ready());
        whole.feed(&bytes);
        let mut cut_up = Bench::new(ready());
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            cut_up.feed(&bytes[from..cut]);
            from = cut;
        }
        let interim = String::from_utf8_lossy(response::CONTINUE).into_owned();
        prop_assert_eq!(whole.text().replace(&interim, ""), cut_up.text().replace(&interim, ""));
        prop_assert_eq!(whole.step, cut_up.step);
        whole.expire();
        whole.end();
    }
}
