//! The decision log of a real server: what is in it, what is not, and that no request waits for it.

use crate::support::{IndexFolder, Listen, Sandbox, Server, comes_true, payload, post};
use crate::support::{PATIENCE, command};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

fn start(place: &IndexFolder, log: &str, options: &[&str]) -> Server {
    let all: Vec<_> = ["--decision-log", log].iter().chain(options).copied().collect();
    Server::start(place, Listen::Unix, Sandbox::None, &all)
}

/// The answers to payloads `numbers`, as they must be.
fn ask(place: &IndexFolder, server: &Server, numbers: std::ops::Range<u32>) {
    let mut client = server.connect();
    for number in numbers {
        client.send(post(&payload(number)));
        assert_eq!(client.answer().body, place.expected(&payload(number)));
    }
}

/// Ends the server: (written, dropped, allocations of requests).
fn stop(mut server: Server) -> (u64, u64, u64) {
    server.signal(Signal::TERM);
    let fields = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let stopped = fields(&server.wait_for_line("\"stopped"));
    let closed = fields(&server.wait_for_line("decision log closed"));
    assert_eq!(server.wait().code(), Some(0));
    let number = |fields: &Value, name: &str| fields[name].as_u64().unwrap();
    (number(&closed, "written"), number(&closed, "dropped"), number(&stopped, "allocations"))
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_tenth_decision_is_explained_in_a_private_file() {
    let place = IndexFolder::new();
    let path = place.path("decisions");
    let options = ["--decision-log-sample", "1/10", "--redact", "customer.known_merchants,merchant.id"];
    let server = start(&place, path.to_str().unwrap(), &options);
    ask(&place, &server, 1..1_006);
    let mut client = server.connect();
    client.send(post("no JSON"));
    assert_eq!(client.answer().status, 400, "no decision, so it is not counted");
    ask(&place, &server, 1_006..1_011);
    assert_eq!(stop(server), (101, 0, 0), "(written, dropped, allocations)");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("MERC-"), "{text}");
    let lines = lines(&path);
    let ids: Vec<_> = lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, (1..=101).map(|tenth| format!("tx-{}", tenth * 10)).collect::<Vec<_>>());
    assert!(lines.is_sorted_by_key(|line| line["time"].as_str().unwrap().to_owned()));
    for line in &lines {
        let number: u32 = line["id"].as_str().unwrap()[3..].parse().unwrap();
        let decision: Value = serde_json::from_str(&place.expected(&payload(number))).unwrap();
        assert_eq!(line["decision"]["fraud_score"], decision["fraud_score"]);
        let frauds = line["explanation"]["neighbours"].as_array().unwrap().iter();
        assert_eq!(line["decision"]["frauds"], frauds.filter(|neighbour| neighbour["label"] == "fraud").count());
        assert_eq!(line["request"]["customer"]["known_merchants"], "[redacted]");
    }
}

#[test]
fn a_long_log_is_rotated_and_what_was_there_is_kept() {
    let place = IndexFolder::new();
    let path = place.path("decisions");
    std::fs::write(&path, "{\"id\":\"from before\"}\n").unwrap();
    let options = ["--decision-log-sample", "1/1", "--decision-log-bytes", "65536"];
    let server = start(&place, path.to_str().unwrap(), &options);
    ask(&place, &server, 0..60);
    // At its end a server gives the log a bounded time, which a busy machine can exceed.
    let older = place.path("decisions.1");
    assert!(comes_true(PATIENCE, || lines_so_far(&path).iter().any(|line| line["id"] == "tx-59") && older.exists()));
    let (written, dropped, _) = stop(server);
    assert_eq!((written, dropped), (60, 0));
    let (newest, older) = (lines(&path), lines(&older));
    assert_eq!(newest.last().unwrap()["id"], "tx-59");
    assert!(newest.len() < 60 && !older.is_empty());
    for file in [&path, &place.path("decisions.1")] {
        let metadata = std::fs::metadata(file).unwrap();
        assert!(metadata.len() <= 65_536 && metadata.permissions().mode() & 0o7777 == 0o600);
    }
    let names = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.filter(|name| name.to_str().unwrap().starts_with("decisions")).count(), 2);
}

/// More than the pipe and the ring hold together; all are answered, none waits.
#[test]
fn a_pipe_that_nobody_reads_costs_decisions_and_no_answers() {
    let place = IndexFolder::new();
    let pipe = place.path("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let server = start(&place, pipe.to_str().unwrap(), &["--decision-log-sample", "1/1"]);
    ask(&place, &server, 0..2_000);
    let begun = Instant::now();
    let (written, dropped, allocations) = stop(server);
    assert!(begun.elapsed() < Duration::from_secs(5), "it ended though a write could not");
    assert!(written > 0 && dropped > 1_000 && written + dropped <= 2_000, "{written} written, {dropped} dropped");
    assert_eq!(allocations, 0);
}

#[test]
fn a_full_disk_is_said_once_and_counted() {
    let place = IndexFolder::new();
    let mut server = start(&place, "/dev/full", &["--decision-log-sample", "1/2"]);
    ask(&place, &server, 0..100);
    server.wait_for_line("the decision log cannot be written");
    server.signal(Signal::TERM);
    let closed: Value = serde_json::from_str(&server.wait_for_line("decision log closed")).unwrap();
    server.wait();
    assert_eq!((&closed["written"], &closed["dropped"]), (&0.into(), &50.into()));
    assert_eq!(server.lines.iter().filter(|line| line.contains("cannot be written")).count(), 1);
}

#[test]
fn decisions_of_two_indexes_are_explained_by_the_one_that_made_them() {
    let place = IndexFolder::new();
    let path = place.path("decisions");
    let server = start(&place, path.to_str().unwrap(), &["--decision-log-sample", "1/1"]);
    ask(&place, &server, 0..20);
    assert!(comes_true(PATIENCE, || lines_so_far(&path).len() == 20));
    let other = IndexFolder::with_another_index();
    place.publish_image(&std::fs::read(other.path("references.index")).unwrap());
    let mut client = server.connect();
    let mut asked = 20;
    // Its answers are told from those of the first one by the log.
    assert!(comes_true(PATIENCE, || {
        client.send(post(&payload(asked)));
        assert_eq!(client.answer().status, 200);
        asked += 1;
        let lines = lines_so_far(&path);
        let last = lines.last().unwrap()["checksum"].clone();
        last.is_string() && last != lines[0]["checksum"]
    }));
    stop(server);
    for line in lines(&path) {
        let Some(neighbours) = line["explanation"]["neighbours"].as_array() else { continue };
        let frauds = neighbours.iter().filter(|neighbour| neighbour["label"] == "fraud").count();
        assert_eq!(line["decision"]["frauds"], frauds);
    }
}

/// As [`lines`], of a file that is being written, and for a moment is not there when it is rotated.
fn lines_so_far(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_log_that_cannot_be_is_refused_at_the_start() {
    let place = IndexFolder::new();
    let taken = place.path("decisions");
    let _first = start(&place, taken.to_str().unwrap(), &[]);
    let refusal = |options: &[&str]| {
        let mut server = Server::spawn(command(&place, "tcp:127.0.0.1:0", Sandbox::None, options));
        (server.wait().code(), server.lines.join("\n"))
    };
    for (options, code, words) in [
        (&["--decision-log", taken.to_str().unwrap()][..], 1, "each server needs a file of its own"),
        (&["--decision-log", "/proc/nothing/here"], 1, "No such file"),
        (&["--decision-log", "/dev/null", "--decision-log-sample", "0.1"], 2, "give 1/N"),
        (&["--decision-log", "/dev/null", "--redact", "customer.name"], 2, "customer.known_merchants"),
        (&["--redact", "id"], 2, "--decision-log"),
    ] {
        let (found, said) = refusal(options);
        assert_eq!(found, Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
