//! The state machine without sockets: by the corpus and under a simulator (`simulator`), against the clock
//! (`deadlines`), and single rules here.

mod answers;
mod corpus;
mod deadlines;
mod simulator;

use super::*;
use proptest::prelude::*;

/// Scores a body by its length; what the corpus calls a bad payload is refused. Marks every byte it was given, to show
/// that it stays inside.
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
        let lacks_amount = body.starts_with(b"{") && !body.windows(8).any(|part| part == br#""amount""#);
        let is_bad = body.is_empty() || body == b"no json" || lacks_amount;
        body.fill(b'#');
        self.has_index.then_some(if is_bad { Err("field `amount` is missing") } else { Ok((body.len() % 6) as u8) })
    }
}

fn ready() -> ByLength {
    ByLength { phase: Phase::Ready, has_index: true }
}

/// A connection, its buffer, its service and all that it sent.
struct Bench {
    limits: Limits,
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
        Self { limits, conn, buffer: Buffer::new(&limits), service, sent: Vec::new(), step: Step::Idle, now_ms: 0 }
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

#[test]
fn nothing_behind_the_last_answer_is_answered() {
    let (sent, step) = answer_to(format!("{}{}", post("Connection: close\r\n", "a"), post("", "a")).as_bytes());
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
fn no_more_than_the_limit_of_pipelined_requests_is_answered_in_one_go() {
    let mut bench = Bench::new(ready());
    let requests = post("", "a").repeat(100);
    bench.buffer.room()[..requests.len()].copy_from_slice(requests.as_bytes());
    bench.buffer.received(requests.len());
    let mut step = bench.conn.received(&mut bench.buffer, &mut bench.service, 0);
    let mut goes = Vec::new();
    while step == Step::Write {
        let answers = String::from_utf8(bench.buffer.unsent().to_vec()).unwrap();
        goes.push(answers.matches("HTTP/1.1 200").count());
        bench.buffer.sent(answers.len());
        step = bench.conn.written(&mut bench.buffer, &mut bench.service, 0);
    }
    assert_eq!((goes, step), (vec![16, 16, 16, 16, 16, 16, 4], Step::Idle));
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
