//! Environment variables and paths as shells and container tools hand them over.

use crate::support::process::send;
use crate::support::{FRAUDRING, comes_true, ending};
use rustix::process::Signal;
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// All that the programs look at, but for `FRAUDRING_LISTEN`.
const VARIABLES: [&str; 15] = [
    "FRAUDRING_ACCEPT_FROM",
    "FRAUDRING_ANSWER_503",
    "FRAUDRING_CHOICE",
    "FRAUDRING_CPU",
    "FRAUDRING_DATA",
    "FRAUDRING_DRIVER",
    "FRAUDRING_HAPROXY",
    "FRAUDRING_INDEX_DIR",
    "FRAUDRING_INSTANCE",
    "FRAUDRING_KEEP_WARM",
    "FRAUDRING_KERNEL",
    "FRAUDRING_LOG",
    "FRAUDRING_SERVERS_DIR",
    "FRAUDRING_SHM_DIR",
    "FRAUDRING_WAIT_FOR_INDEX",
];

fn fraudring(arguments: &[&str], change: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(FRAUDRING);
    command.args(arguments).stdin(Stdio::null());
    change(&mut command);
    ending(&mut command)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_variable_set_to_nothing_counts_as_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (references, index, socket) = (path("references.json"), path("index"), path("1.sock"));
    let nothing = |command: &mut Command| _ = command.envs(VARIABLES.map(|name| (name, "")));
    for arguments in [
        &["dataset", "references", "--count", "100", "--out", &references][..],
        &["index", "build", "--references", &references, "--out", &index],
        &["index", "info", &index],
        &["replay", "--references", "10", "--references-file", &references, "--index", &index],
        &["up", "--help"],
    ] {
        let output = fraudring(arguments, nothing);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    }
    let mut command = Command::new(FRAUDRING);
    command.args(["bare-server", "--listen", &format!("unix:{socket}")]).stderr(Stdio::null());
    nothing(&mut command);
    let mut server = command.spawn().unwrap();
    let serves = comes_true(Duration::from_secs(60), || {
        server.try_wait().unwrap().is_some() || UnixStream::connect(&socket).is_ok()
    });
    assert!(serves && server.try_wait().unwrap().is_none(), "it ended by itself");
    send(server.id(), Signal::TERM);
    assert!(server.wait().unwrap().success());
}

#[test]
fn what_is_required_is_still_missing_when_its_variable_is_set_to_nothing() {
    let output = fraudring(&["bare-server"], |command| _ = command.env("FRAUDRING_LISTEN", ""));
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("required") && said(&output).contains("--listen"), "{}", said(&output));
}

#[test]
fn a_tilde_that_no_shell_replaced_is_refused_with_advice_wherever_it_comes_from() {
    for arguments in [
        &["up", "--shm-dir=~/shm"][..],
        &["up", "--data", "~"],
        &["index", "info", "~/official.index"],
        &["index", "build", "--references", "~/r.json", "--out", "x"],
        &["load-test", "--plan", "preview", "--target", "unix:~/1.sock"],
        &["server", "--listen", "unix:~/1.sock"],
        &["shm", "load", "~/official.index"],
    ] {
        let output = fraudring(arguments, |_| {});
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains("$HOME/"), "{arguments:?}: {}", said(&output));
    }
    let output = fraudring(&["shm", "inspect"], |command| _ = command.env("FRAUDRING_SHM_DIR", "~/shm"));
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("FRAUDRING_SHM_DIR") && said(&output).contains("$HOME/"), "{}", said(&output));
}

#[test]
fn a_variable_that_names_no_haproxy_is_named() {
    let shm = format!("/dev/shm/fraudring-test-{}-haproxy", std::process::id());
    for wanted in [&["--haproxy"][..], &[]] {
        let arguments = [&["up", "--port", "0", "--shm-dir", &shm], wanted].concat();
        let output = fraudring(&arguments, |command| _ = command.env("FRAUDRING_HAPROXY", "/nope"));
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("FRAUDRING_HAPROXY names /nope"), "{}", said(&output));
    }
}

#[test]
fn cpus_that_are_not_there_are_refused_before_anything_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let shm = format!("/dev/shm/fraudring-test-{}-cpus", std::process::id());
    let arguments = ["up", "--port", "0", "--shm-dir", &shm, "--cpus", "0,4000"];
    let output = fraudring(&arguments, |command| _ = command.env("FRAUDRING_DATA", &data));
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("may use") && said(&output).contains("--cpus"), "{}", said(&output));
    assert!(!data.exists() && !std::path::Path::new(&shm).exists());
    let arguments = ["load-test", "--plan", "preview", "--cpu", "4000"];
    let output = fraudring(&arguments, |command| _ = command.env("FRAUDRING_DATA", &data));
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("core 4000") && !data.exists(), "{}", said(&output));
}
