//! A small HTTP server whose behaviour a test chooses, and payloads that carry their own numbers.

pub mod process;

use dataset::PayloadEntry;
use load_test::{LoadReport, Payloads, Target, Test};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use testkit::machine;

pub const APPROVED: &str = r#"{"approved":true,"fraud_score":0.0}"#;
pub const DENIED: &str = r#"{"approved":false,"fraud_score":1.0}"#;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Answers 200 with this body.
    Body(&'static str),
    /// Answers with this status.
    Status(u16),
    /// Writes these bytes.
    Bytes(String),
    /// Writes these bytes and closes.
    BytesAndClose(String),
    /// Waits, then answers 200 with this body.
    Late(Duration, &'static str),
    /// Closes at once.
    Close,
    /// Never answers.
    Silence,
}

/// A running server; its threads end with the test process.
pub struct Server {
    pub target: Target,
    /// Connections accepted so far.
    pub accepted: Arc<AtomicUsize>,
    _turn: Option<machine::Turn>,
}

type Behaviour = Arc<dyn Fn(usize) -> Reaction + Send + Sync>;

/// On a free port of 127.0.0.1; `behaviour` gets the number of the payload.
pub fn serve(behaviour: impl Fn(usize) -> Reaction + Send + Sync + 'static) -> Server {
    let turn = machine::shared();
    Server { _turn: Some(turn), ..serve_in_turn(behaviour) }
}

/// [`serve`] for a test that has its turn on the machine.
pub fn serve_in_turn(behaviour: impl Fn(usize) -> Reaction + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (behaviour, accepted): (Behaviour, _) = (Arc::new(behaviour), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&accepted);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, behaviour) = (stream.unwrap(), Arc::clone(&behaviour));
            count.fetch_add(1, Ordering::Relaxed);
            stream.set_nodelay(true).unwrap();
            std::thread::spawn(move || converse(stream.try_clone().unwrap(), stream, &*behaviour));
        }
    });
    Server { target, accepted, _turn: None }
}

/// On a Unix socket, always answering the same.
pub fn serve_unix(path: &Path, body: &'static str) -> Target {
    let listener = UnixListener::bind(path).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream: UnixStream = stream.unwrap();
            std::thread::spawn(move || converse(stream.try_clone().unwrap(), stream, &|_| Reaction::Body(body)));
        }
    });
    format!("unix:{}", path.display()).parse().unwrap()
}

/// Payloads `{"n":0}`, `{"n":1}`, … with the frauds that are expected of each.
pub fn payloads(expected_frauds: impl IntoIterator<Item = u8>) -> Payloads {
    let entry = |(number, frauds): (usize, u8)| PayloadEntry {
        request: format!(r#"{{"n":{number}}}"#),
        expected_approved: frauds < 3,
        expected_frauds: frauds,
    };
    Payloads::transactions("numbered", expected_frauds.into_iter().enumerate().map(entry).collect())
}

/// A test on few connections at first; many at most, so that a busy machine drops nothing.
pub fn test(plan: &str) -> Test {
    Test {
        plan: plan.parse().unwrap(),
        least_connections: 4,
        most_connections: 128,
        timeout: Duration::from_millis(500),
        cpu: None,
    }
}

/// Runs `test` to its end; as many payloads as it needs, all expected to be approved with 0.0.
pub fn run(test: &Test, target: &Target) -> LoadReport {
    let count = test.plan.count().unwrap_or(100) as usize;
    run_with(test, target, &payloads(std::iter::repeat_n(0, count)))
}

pub fn run_with(test: &Test, target: &Target, payloads: &Payloads) -> LoadReport {
    test.run(target, payloads, &AtomicBool::new(false), "test").unwrap()
}

pub fn with_length(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Some Reason\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn converse(input: impl Read, mut output: impl Write, behaviour: &dyn Fn(usize) -> Reaction) {
    let mut input = BufReader::new(input);
    while let Ok(number) = read_request(&mut input) {
        let (text, closes) = match behaviour(number) {
            Reaction::Body(body) => (with_length(200, body), false),
            Reaction::Status(status) => (with_length(status, "{}"), false),
            Reaction::Bytes(bytes) => (bytes, false),
            Reaction::BytesAndClose(bytes) => (bytes, true),
            Reaction::Late(time, body) => {
                std::thread::sleep(time);
                (with_length(200, body), false)
            }
            Reaction::Close => return,
            Reaction::Silence => continue,
        };
        if output.write_all(text.as_bytes()).is_err() || closes {
            return;
        }
    }
}

/// The payload's number.
fn read_request(input: &mut impl BufRead) -> io::Result<usize> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let text = String::from_utf8(body).unwrap();
    Ok(text.trim_start_matches(r#"{"n":"#).trim_end_matches('}').parse().unwrap())
}
