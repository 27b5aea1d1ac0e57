//! What commands do when nobody reads what they print: each ends as it would have, and none panics.

use crate::support::bare_server::BareServer;
use crate::support::small_data::small_data;
use crate::support::{FRAUDRING, unread};
use std::process::{Command, Stdio};

fn command(arguments: &str) -> Command {
    let mut command = Command::new(FRAUDRING);
    command.args(arguments.split(' ')).current_dir(small_data()).stdin(Stdio::null());
    command
}

#[test]
fn without_a_reader_of_stdout_the_status_stays_and_nothing_is_said_about_it() {
    for (arguments, status) in [
        ("--help", 0),
        ("--version", 0),
        ("index info index --json", 0),
        ("index effort index --references references.json --count 100", 0),
        ("dataset references --count 20000 --out -", 0),
        ("dataset references --count 20000 --out /dev/stdout", 0),
        ("replay --payloads payloads.json --index index", 0),
        ("replay --payloads wrong.json --index index", 3),
        ("index info none.index", 1),
    ] {
        let output = command(arguments).stdout(unread()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments}: {said}");
        assert_eq!(said.contains("expected denied with score 1.0, got approved with score 0.0"), status == 3, "{said}");
        assert!(!said.contains("panicked") && !said.to_lowercase().contains("broken pipe"), "{arguments}: {said}");
    }
}

#[test]
fn without_a_reader_of_stderr_the_status_stays() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("out.json");
    let out = out.to_str().unwrap();
    for (arguments, status) in [
        ("no-command", 2),
        ("index info none.index", 1),
        (&format!("dataset references --count 10 --out {out}"), 0),
        ("replay --payloads wrong.json --index index", 3),
        ("replay --payloads payloads.json --through http://127.0.0.1:1", 1),
        ("load-test --plan steady:10,1 --payloads payloads.json --target http://127.0.0.1:1", 1),
        ("shm load none.index --shm-dir /dev/shm/fraudring-test-none", 3),
        ("shm inspect --shm-dir /nowhere", 0),
        ("shm unload --shm-dir /etc/passwd", 6),
        ("server --listen unix:none/1.sock --shm-dir /nowhere", 3),
        ("bare-server --listen unix:none/1.sock", 2),
    ] {
        let output = command(arguments).stderr(unread()).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments}");
        let output = command(arguments).stderr(unread()).stdout(unread()).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments}, stdout closed too");
    }
}

#[test]
fn a_server_serves_and_ends_well_without_a_reader() {
    for driver in ["--driver epoll", "--driver auto"] {
        // the log says something at the start and at the end
        let silenced = |command: &mut Command| _ = command.env("RUST_LOG", "info").stdout(unread()).stderr(unread());
        BareServer::start(driver, silenced).end();
    }
}

#[test]
fn a_load_test_without_a_reader_tells_by_its_status_what_it_found() {
    let server = BareServer::start("", |_| {});
    let target = server.socket.display();
    for form in ["", " --json"] {
        let test = format!("load-test --plan steady:50,1 --payloads payloads.json --target unix:{target}{form}");
        let output = command(&test).stdout(unread()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "it approves frauds: {said}");
        assert!(!said.to_lowercase().contains("broken pipe"), "{said}");
    }
    server.end();
}

#[test]
fn a_full_disk_behind_stdout_is_a_failure() {
    for arguments in ["index info index", "dataset references --count 20000 --out -"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {said}");
        assert!(said.contains("No space left"), "{arguments}: {said}");
    }
}
