//! `fraudring load-test` against real servers: a stall, a killed server, an interruption.

use crate::support::process::{connections, figure, is_stopped, send, unread_bytes};
use crate::support::{FRAUDRING, comes_true, fraudring};
use rustix::process::Signal;
use serde_json::Value;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use testkit::machine;

const PATIENCE: Duration = Duration::from_secs(10);
const APPROVED: &str = r#"{"approved":true,"fraud_score":0.0}"#;

/// A small index and payloads labelled by the same references.
struct Data {
    index: PathBuf,
    payloads: PathBuf,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load-test");
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let (references, index, payloads) = (path("references.json"), path("index"), path("payloads.json"));
        for arguments in [
            vec!["dataset", "references", "--count", "2000", "--out", &references],
            vec!["dataset", "payloads", "--count", "2000", "--references", &references, "--out", &payloads],
            vec!["index", "build", "--references", &references, "--out", &index],
        ] {
            let output = fraudring(&arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Data { index: index.into(), payloads: payloads.into() }
    })
}

/// A server process; killed when dropped.
struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts `fraudring` with `arguments` on `port` of 127.0.0.1 and waits until it serves.
    fn start(arguments: &[&str], port: u16, folder: &Path) -> Self {
        let log = folder.join(format!("log-{}", arguments.join("-").replace('/', "_")));
        let child = Command::new(FRAUDRING)
            .args(arguments)
            .args(["--listen", &format!("tcp:127.0.0.1:{port}"), "--cpu", "none"])
            .env("RUST_LOG", "info")
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let server = Self { child, log };
        assert!(comes_true(PATIENCE, || server.log().contains("serving")), "{}", server.log());
        server
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have been killed by the test
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}

/// An index in shared memory; removed when dropped.
struct Published(PathBuf);

impl Published {
    fn new() -> Self {
        let dir = PathBuf::from(format!("/dev/shm/fraudring-load-test-{}", std::process::id()));
        let output = fraudring(&["shm", "load", data().index.to_str().unwrap(), "--shm-dir", dir.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self(dir)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A load test under way.
fn begin(port: u16, plan: &str) -> Child {
    Command::new(FRAUDRING)
        .args(["load-test", "--json", "--plan", plan, "--target", &format!("http://127.0.0.1:{port}")])
        .args(["--payloads", data().payloads.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the load test has connected: it has then read its payloads, and sends at once.
fn await_connections(server: &Server, port: u16) {
    assert!(comes_true(PATIENCE, || connections(server.child.id(), port) > 0), "{}", server.log());
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn count(document: &Value, key: &str) -> u64 {
    document[key].as_u64().unwrap_or_else(|| panic!("{key}: {document}"))
}

#[test]
fn a_server_that_stands_still_for_a_second_shows_in_the_p99_latency() {
    let _turn = machine::alone();
    let folder = tempfile::tempdir().unwrap();
    for driver in ["epoll", "auto"] {
        let port = free_port();
        let server = Server::start(&["bare-server", "--driver", driver], port, folder.path());
        let load_test = begin(port, "steady:100,3");
        await_connections(&server, port);
        std::thread::sleep(Duration::from_millis(500));
        send(server.child.id(), Signal::STOP);
        let stopped = Instant::now();
        std::thread::sleep(Duration::from_secs(1));
        let stall_ms = stopped.elapsed().as_secs_f64() * 1e3;
        send(server.child.id(), Signal::CONT);
        let result = document(&load_test.wait_with_output().unwrap());
        assert_eq!((count(&result, "sent"), count(&result, "errors"), count(&result, "dropped")), (300, 0, 0));
        let latency_ms = |quantile: &str| result["latency_ms"][quantile].as_f64().unwrap();
        eprintln!("{driver}: stall {stall_ms:.0} ms, latency {}", result["latency_ms"]);
        // a third of all requests left during the stall
        assert!(latency_ms("p99") > 0.85 * stall_ms, "{}", result["latency_ms"]);
        assert!(latency_ms("p50") < 0.5 * stall_ms, "{}", result["latency_ms"]);
        assert!(count(&result["connections"], "open") as f64 >= 0.09 * stall_ms, "{}", result["connections"]);
    }
}

#[test]
fn the_bare_server_answers_everything_alike_and_is_counted_like_any_other() {
    let _turn = machine::alone();
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let _server = Server::start(&["bare-server"], port, folder.path());
    let address = ([127, 0, 0, 1], port).into();
    assert_eq!(crate::support::http::score(address, "no json"), (200, APPROVED.to_owned()));
    assert_eq!(crate::support::http::get(address, "/ready"), (200, APPROVED.to_owned()));
    let output = begin(port, "steady:1000,1").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "it approves frauds");
    let result = document(&output);
    assert_eq!((count(&result, "answered"), count(&result, "errors")), (1000, 0));
    assert!(count(&result, "false_negatives") > 300 && count(&result, "false_positives") == 0, "{result}");
}

#[test]
fn killing_one_of_two_servers_costs_the_requests_open_on_its_connections_and_no_wrong_answer() {
    let _turn = machine::alone();
    let folder = tempfile::tempdir().unwrap();
    let index = Published::new();
    let port = free_port();
    let dir = index.0.to_str().unwrap();
    let arguments = |instance| ["server", "--shm-dir", dir, "--share-port", "--instance", instance];
    let doomed = Server::start(&arguments("1/2"), port, folder.path());
    let other = Server::start(&arguments("2/2"), port, folder.path());
    let load_test = begin(port, "steady:600,3");
    await_connections(&doomed, port);
    // stopped first, so that requests are open on its connections when it is killed
    send(doomed.child.id(), Signal::STOP);
    assert!(comes_true(PATIENCE, || is_stopped(doomed.child.id()) && unread_bytes(doomed.child.id(), port) > 0));
    let open_on_doomed = established(port) - connections(other.child.id(), port);
    send(doomed.child.id(), Signal::KILL);
    let result = document(&load_test.wait_with_output().unwrap());
    let errors = count(&result, "errors");
    assert_eq!((count(&result, "sent"), count(&result, "dropped")), (1800, 0), "{result}");
    assert!((1..=open_on_doomed as u64).contains(&errors), "{errors} errors, {open_on_doomed} connections: {result}");
    assert_eq!(errors, result["errors_by_kind"]["connection"].as_u64().unwrap(), "{result}");
    assert_eq!(count(&result, "answered"), 1800 - errors);
    for key in ["false_positives", "false_negatives", "wrong_scores"] {
        assert_eq!(count(&result, key), 0, "{key}: {result}");
    }
    assert!(count(&result, "true_positives") > 300 && count(&result, "true_negatives") > 300, "{result}");
}

/// Connections to `port` that the kernel has accepted, whether or not a process has.
fn established(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let suffix = format!(":{port:04X}");
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|fields| fields.len() > 3 && fields[1].ends_with(&suffix) && fields[3] == "01").count()
}

#[test]
fn an_interrupted_load_test_prints_what_it_has_and_its_status_tells_the_signal() {
    let _turn = machine::alone();
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = Server::start(&["bare-server"], port, folder.path());
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let load_test = begin(port, "steady:50,30");
        // all that a load test opens at the start: from then on each wake is a request's
        let is_connected = || connections(server.child.id(), port) == 100;
        assert!(comes_true(PATIENCE, is_connected), "{}", server.log());
        let wakes = || figure(server.child.id(), "voluntary_ctxt_switches");
        let connected = wakes();
        assert!(comes_true(PATIENCE, || wakes() > connected + 20), "{}", server.log());
        send(load_test.id(), signal);
        let output = load_test.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status));
        let result = document(&output);
        assert_eq!((&result["complete"], &result["valid"]), (&Value::Bool(false), &Value::Bool(false)));
        assert!((1..1_500).contains(&count(&result, "sent")), "{result}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("NOT VALID"));
        // or the next one's would be taken for there already
        assert!(comes_true(PATIENCE, || connections(server.child.id(), port) == 0), "{}", server.log());
    }
}

#[test]
fn a_plan_that_needs_more_payloads_than_there_are_is_refused_with_the_number() {
    let output = begin(1, "preview").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("needs 54060 payloads") && text.contains("has 2000"), "{text}");
}
