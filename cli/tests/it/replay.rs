//! `fraudring replay --through`: what it shares with `load-test` is the same.

use crate::support::{FRAUDRING, comes_true, ending, fraudring};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// Two files of payloads: one that the bare server, which approves everything with 0.0, answers right, and one that it
/// does not.
struct Data {
    right: PathBuf,
    wrong: PathBuf,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
        std::fs::create_dir_all(&folder).unwrap();
        let (references, right, wrong) = (folder.join("r.json"), folder.join("right.json"), folder.join("wrong.json"));
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        for arguments in [
            vec!["dataset", "references", "--count", "500", "--out", &text(&references)],
            vec!["dataset", "payloads", "--count", "300", "--references", &text(&references), "--out", &text(&wrong)],
        ] {
            let output = fraudring(&arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let mut payloads: Value = serde_json::from_slice(&std::fs::read(&wrong).unwrap()).unwrap();
        payloads["entries"].as_array_mut().unwrap().retain(|entry| entry["expected_fraud_score"].as_f64() == Some(0.0));
        // Tests that run beside this one read the same file: it is there as a whole, or as it was before.
        let mut whole = tempfile::NamedTempFile::new_in(&folder).unwrap();
        whole.write_all(payloads.to_string().as_bytes()).unwrap();
        whole.persist(&right).unwrap();
        Data { right, wrong }
    })
}

/// A bare server on a socket of its own; killed when dropped.
struct Server {
    child: Child,
    target: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = format!("unix:{}", folder.path().join("1.sock").display());
        let mut command = Command::new(FRAUDRING);
        command.args(["bare-server", "--cpu", "none", "--listen", &target]).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self { child: command.spawn().unwrap(), target, _folder: folder };
        let socket = server.target.strip_prefix("unix:").unwrap();
        assert!(comes_true(Duration::from_secs(60), || std::os::unix::net::UnixStream::connect(socket).is_ok()));
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}

/// `replay` and `load-test` of these payloads against this target, as JSON.
fn both(target: &str, payloads: &str, stdin: Option<&Path>) -> [Output; 2] {
    let [replay, load_test] = [vec!["replay", "--through"], vec!["load-test", "--plan", "steady:100,1", "--target"]];
    [replay, load_test].map(|arguments| {
        let mut command = Command::new(FRAUDRING);
        command.args(arguments).args([target, "--payloads", payloads, "--json"]);
        command.stdin(stdin.map_or_else(Stdio::null, |path| File::open(path).unwrap().into()));
        ending(&mut command)
    })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

#[test]
fn a_unix_socket_is_a_target_and_stdin_is_a_payload_file() {
    let server = Server::start();
    let [replay, load_test] = both(&server.target, "-", Some(&data().right));
    assert_eq!(
        (replay.status.code(), document(&load_test)["errors"].as_u64()),
        (Some(0), Some(0)),
        "{}",
        said(&replay)
    );
    assert_eq!(document(&load_test)["false_negatives"], 0);
    let report = document(&replay);
    let payloads: Value = serde_json::from_slice(&std::fs::read(&data().right).unwrap()).unwrap();
    let count = payloads["entries"].as_array().unwrap().len();
    assert_eq!((&report["set"], &report["through"]), (&json!("stdin"), &json!(server.target)));
    assert_eq!((&report["queries"], &report["frauds_of_5"]), (&json!(count), &json!([count, 0, 0, 0, 0, 0])));
    assert!(report["http_ns"]["p99"].as_u64() >= report["http_ns"]["p50"].as_u64(), "{report}");
    assert!(["parse_ns", "search_ns", "kernel", "stats"].iter().all(|key| report[key].is_null()), "{report}");
    assert!([replay, load_test].iter().all(|output| !said(output).contains("hint:")));
}

#[test]
fn wrong_answers_have_a_status_and_a_hint() {
    let server = Server::start();
    for output in both(&server.target, data().wrong.to_str().unwrap(), None) {
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert_eq!(said(&output).matches("hint: wrong answers").count(), 1, "{}", said(&output));
        assert!(
            said(&output).contains("wrong.json") && said(&output).contains("dataset payloads"),
            "{}",
            said(&output)
        );
        assert!(document(&output)["false_negatives"].as_u64().unwrap() > 0);
    }
}

#[test]
fn what_is_no_target_and_a_target_without_listener_are_told_apart_by_the_status() {
    let payloads = data().right.to_str().unwrap();
    for (target, status, words) in [
        ("127.0.0.1:9999", 2, "unix:PATH"),
        ("https://127.0.0.1:9999", 2, "unix:PATH"),
        ("unix:/nowhere/1.sock", 1, "is it running?"),
        ("http://127.0.0.1:1", 1, "is it running?"),
    ] {
        for output in both(target, payloads, None) {
            assert!(
                output.status.code() == Some(status) && said(&output).contains(words),
                "{target}: {}",
                said(&output)
            );
        }
    }
}

#[test]
fn payloads_that_cannot_be_used_are_refused_in_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("empty.json"), r#"{"entries":[]}"#).unwrap();
    std::fs::write(path("words.json"), "words").unwrap();
    for (name, words) in [
        ("empty.json", "holds no payloads"),
        ("words.json", "docs/DATA.md"),
        ("none.json", "fraudring dataset payloads"),
    ] {
        let [replay, load_test] = both("http://127.0.0.1:1", &path(name), None);
        assert_eq!((replay.status.code(), load_test.status.code()), (Some(1), Some(1)));
        assert!(said(&replay) == said(&load_test) && said(&replay).contains(words), "{}", said(&replay));
    }
}
