//! The real programs on real sockets and real shared memory, with the 3,000,000 official references.

use crate::support::http::{EXAMPLES, get, kept_alive, score};
use crate::support::process::{connections, figure};
use crate::support::system::{BALANCER, Folders, HAPROXY, SHARED_PORT, Setting, System, check_clean_end};
use crate::support::{ending, fraudring, fraudring_json, haproxy_is_installed, preview_heads};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use testkit::machine;

const RSS_LIMIT_KIB: u64 = 16 * 1024;
const FIRST_START_LIMIT_KIB: u64 = 1_500_000;

#[test]
fn two_servers_share_the_port_and_answer_alike() {
    let mut system = System::start(SHARED_PORT);
    assert!(system.greeting.contains("share the port"), "{}", system.greeting);
    check_answers(&system);
    check_shared_memory(&system);
    check_both_servers_accept(&system);
    check_clean_end(&mut system);
}

#[test]
fn the_balancer_hands_connections_to_two_servers() {
    let mut system = System::start(BALANCER);
    assert!(system.greeting.contains("(balancer)"), "{}", system.greeting);
    check_answers(&system);
    check_both_servers_accept(&system);
    check_clean_end(&mut system);
}

#[test]
fn haproxy_stands_in_front_of_two_unix_sockets() {
    if haproxy_is_installed() {
        let mut system = System::start(HAPROXY);
        check_answers(&system);
        check_shared_memory(&system);
        check_both_servers_work(&system);
        check_clean_end(&mut system);
    }
}

#[test]
fn haproxy_holds_fewer_clients_where_fewer_files_may_be_open() {
    if haproxy_is_installed() {
        let mut system = System::start_within(2_500);
        let log = system.folders().log();
        // 2,500 less 64 and less a connection to a server for each client
        assert_eq!(log.matches("holds 1218 clients").count(), 1, "{log}");
        assert!(log.contains("ulimit -Hn 12212"), "{log}");
        let haproxy = system.parts.iter().find(|(name, _)| name == "haproxy").unwrap().1;
        let environment = std::fs::read_to_string(format!("/proc/{haproxy}/environ")).unwrap();
        assert!(environment.split('\0').any(|variable| variable == "FRAUDRING_MAXCONN=1218"));
        check_answers(&system);
        check_clean_end(&mut system);
    }
}

#[test]
fn without_io_uring_the_shared_port_is_served_by_epoll() {
    let mut system = System::start(Setting { io_uring: false, ..SHARED_PORT });
    check_answers(&system);
    check_shared_memory(&system);
    check_both_servers_accept(&system);
    check_epoll_is_said_once(&system);
    check_clean_end(&mut system);
}

#[test]
fn without_io_uring_the_unix_sockets_are_served_by_epoll() {
    if haproxy_is_installed() {
        let mut system = System::start(Setting { io_uring: false, ..HAPROXY });
        check_answers(&system);
        check_shared_memory(&system);
        check_both_servers_work(&system);
        check_epoll_is_said_once(&system);
        check_clean_end(&mut system);
    }
}

#[test]
fn the_checked_examples_have_their_ten_neighbours() {
    let _turn = machine::alone();
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("official.index");
    let (index, payload) = (index.to_str().unwrap(), folder.path().join("payload.json"));
    assert!(fraudring(&["index", "build", "--references", "official", "--out", index]).status.success());
    for example in EXAMPLES {
        std::fs::write(&payload, example.request).unwrap();
        let explained = fraudring_json(&["explain", payload.to_str().unwrap(), "--index", index, "--json"]);
        let references: Vec<u64> = explained["neighbours"].as_array().unwrap().iter().map(reference).collect();
        assert_eq!(references, example.neighbours.map(u64::from));
    }
    for (payloads, histogram) in preview_heads() {
        let report = fraudring_json(&["replay", "--payloads", payloads.to_str().unwrap(), "--index", index, "--json"]);
        check_report(&report, histogram);
        assert!(report["parse_ns"]["mean"].as_f64().unwrap() > 0.0);
        assert!(report["search_ns"]["p999"].as_u64().unwrap() >= report["search_ns"]["p50"].as_u64().unwrap());
    }
    let report = fraudring_json(&["replay", "--references", "50", "--index", index, "--json"]);
    assert_eq!((report["queries"].as_u64(), report["parse_ns"].is_null()), (Some(50), true));
}

#[test]
fn a_replay_with_a_wrong_expectation_fails_with_status_3() {
    let _turn = machine::alone();
    let (payloads, _) = &preview_heads()[0];
    let text = std::fs::read_to_string(payloads).unwrap();
    let wrong = text.replacen(
        r#""expected_approved":true,"expected_fraud_score":0}"#,
        r#""expected_approved":false,"expected_fraud_score":1}"#,
        1,
    );
    assert_ne!(text, wrong);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), wrong).unwrap();
    let output = fraudring(&["replay", "--payloads", file.path().to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report["false_negatives"].as_u64(), report["count_mismatches"].as_u64()), (Some(1), Some(1)));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("expected denied with score 1.0, got approved with score 0.0"), "{said}");
}

#[test]
fn nobody_with_another_index_joins_the_port_of_a_running_system() {
    let system = System::start(SHARED_PORT);
    let other = OtherIndex::new(system.address.port());
    let listen = format!("tcp:{}", system.address);
    let server = ["server", "--shm-dir", other.dir.to_str().unwrap(), "--cpu", "none", "--listen", &listen];
    let intruders =
        [server.to_vec(), [&server[..], &["--share-port"]].concat(), vec!["bare-server", "--listen", &listen]];
    for (intruder, says) in intruders.iter().zip(["is in use", "another index", "is in use"]) {
        let output = fraudring(intruder);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(says), "{intruder:?}: {said}");
    }
    for example in EXAMPLES.iter().cycle().take(20) {
        assert_eq!(score(system.address, example.request), (200, example.answer.to_owned()));
    }
}

#[test]
fn a_busy_port_is_refused_with_what_to_type() {
    let _turn = machine::alone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let folders = Folders::new();
    let output = ending(folders.command().args(["--port", &port]));
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("busy") && log.contains("--port"), "{log}");
    assert!(folders.segments().is_empty());
}

#[test]
fn a_second_up_on_the_same_port_or_folder_is_refused_and_harms_nobody() {
    let system = System::start(SHARED_PORT);
    let refusal = |change: &dyn Fn(&mut Command)| {
        let folders = Folders::new();
        let mut command = folders.command();
        change(&mut command);
        let output = ending(&mut command);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let port = system.address.port().to_string();
    let said = refusal(&|command| _ = command.args(["--port", &port]));
    assert!(said.contains("busy"), "{said}");
    let detour = PathBuf::from("/dev/shm/../shm").join(system.shm().file_name().unwrap());
    for folder in [system.shm(), &detour] {
        let said = refusal(&|command| _ = command.args(["--port", "0", "--shm-dir"]).arg(folder));
        assert!(said.contains("another `fraudring up`"), "{said}");
    }
    assert_eq!(system.folders().segments().len(), 1);
    assert_eq!(score(system.address, EXAMPLES[0].request).1, EXAMPLES[0].answer);
}

#[test]
fn a_damaged_cached_index_is_said_and_built_anew_within_the_memory_limit() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("official.index"), b"of another format").unwrap();
    let mut system = System::start_with(SHARED_PORT, |command| _ = command.arg("--data").arg(data.path()));
    let log = system.folders().log();
    assert!(log.contains("cannot be used and is built anew"), "{log}");
    assert!(figure(system.up_pid(), "VmHWM") < FIRST_START_LIMIT_KIB);
    assert_eq!(score(system.address, EXAMPLES[1].request).1, EXAMPLES[1].answer);
    check_clean_end(&mut system);
    let names: Vec<_> = std::fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("partial")), "{names:?}");
}

/// A small index in shared memory; removed when dropped.
struct OtherIndex {
    dir: std::path::PathBuf,
}

impl OtherIndex {
    fn new(number: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (references, index) = (path("references.json"), path("index"));
        let dir = format!("/dev/shm/fraudring-test-other-{number}");
        for arguments in [
            ["dataset", "references", "--count", "2000", "--out", &references].to_vec(),
            vec!["index", "build", "--references", &references, "--out", &index],
            vec!["shm", "load", &index, "--shm-dir", &dir],
        ] {
            assert!(fraudring(&arguments).status.success(), "{arguments:?}");
        }
        Self { dir: dir.into() }
    }
}

impl Drop for OtherIndex {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.dir).unwrap_or_default();
    }
}

fn check_answers(system: &System) {
    assert_eq!(get(system.address, "/ready").0, 200);
    for example in EXAMPLES {
        assert_eq!(score(system.address, example.request), (200, example.answer.to_owned()));
    }
    for (payloads, histogram) in preview_heads() {
        let payloads = payloads.to_str().unwrap();
        let report = fraudring_json(&["replay", "--payloads", payloads, "--through", &system.url(), "--json"]);
        check_report(&report, histogram);
        assert!(report["search_ns"].is_null() && report["http_ns"]["p50"].as_u64().unwrap() > 0);
    }
}

fn check_report(report: &serde_json::Value, histogram: &[u64; 6]) {
    assert_eq!(report["queries"], 300);
    for fault in ["false_positives", "false_negatives", "errors", "count_mismatches"] {
        assert_eq!(report[fault], 0, "{fault}");
    }
    assert_eq!(report["frauds_of_5"], serde_json::json!(histogram));
}

fn check_shared_memory(system: &System) {
    let report = fraudring_json(&["shm", "inspect", "--shm-dir", system.shm().to_str().unwrap(), "--json"]);
    assert_eq!(report["segment"]["index"]["references"], 3_000_000);
    assert!(report["segment"]["problem"].is_null(), "{report}");
    assert_eq!(report["replaced_segments"], serde_json::json!([]));
    assert_eq!(report["processes"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(system.folders().segments().len(), 1);
    for server in system.servers() {
        let anonymous = figure(server, "RssAnon");
        assert!(anonymous < RSS_LIMIT_KIB, "server {server} holds {anonymous} KiB of its own");
    }
}

/// Each server holds at least 20 % of 64 connections.
fn check_both_servers_accept(system: &System) {
    let open: Vec<_> = (0..64).map(|_| kept_alive(system.address)).collect();
    let counts: Vec<usize> =
        system.servers().iter().map(|&server| connections(server, system.address.port())).collect();
    assert!(counts.iter().all(|&count| count * 5 >= open.len()), "{counts:?} of {}", open.len());
    assert_eq!(counts.iter().sum::<usize>(), open.len(), "{counts:?}");
}

/// Behind haproxy nobody sees which server answers: but each must have woken up for at least 20 % of 64 requests.
fn check_both_servers_work(system: &System) {
    let wakes = |server: &u32| figure(*server, "voluntary_ctxt_switches");
    let before: Vec<u64> = system.servers().iter().map(wakes).collect();
    for _ in 0..64 {
        assert_eq!(score(system.address, EXAMPLES[0].request).0, 200);
    }
    let after: Vec<u64> = system.servers().iter().map(wakes).collect();
    let counts: Vec<u64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
    assert!(counts.iter().all(|count| count * 5 >= 64), "{counts:?}");
}

fn check_epoll_is_said_once(system: &System) {
    let log = system.folders().log();
    let lines = log.lines().filter(|line| line.contains("epoll")).count();
    assert_eq!(lines, system.servers().len(), "{log}");
}

fn reference(neighbour: &serde_json::Value) -> u64 {
    neighbour["reference"].as_u64().unwrap()
}
