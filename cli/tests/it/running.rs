//! What can be asked of a running system and done with it: status, page and figures, another index.

use crate::support::http::{EXAMPLES, score};
use crate::support::system::{SHARED_PORT, System};
use crate::support::{FRAUDRING, data_folder};
use rustix::process::Signal;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use testkit::client::{Answer, Client};

/// An index of so many references, drawn by a seed.
fn index(folder: &Path, count: u32, seed: u32) -> PathBuf {
    let (references, index) = (folder.join(format!("{seed}.json")), folder.join(format!("{seed}.index")));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (count, seed) = (count.to_string(), seed.to_string());
    for arguments in [
        ["dataset", "references", "--count", &count, "--seed", &seed, "--out", &text(&references)].as_slice(),
        &["index", "build", "--references", &text(&references), "--out", &text(&index)],
    ] {
        let output = Command::new(FRAUDRING).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    index
}

/// `fraudring up ARGUMENTS` where the system has its folders.
fn up(system: &System, arguments: &[&str]) -> Output {
    up_command(system, arguments).output().unwrap()
}

fn up_command(system: &System, arguments: &[&str]) -> Command {
    let mut command = Command::new(FRAUDRING);
    command.arg("up").args(arguments).env("TMPDIR", system.folders().temporary());
    command.env("FRAUDRING_DATA", data_folder()).env_remove("FRAUDRING_SHM_DIR");
    command
}

/// The servers' own documents.
fn status(system: &System) -> Vec<Value> {
    let output = up(system, &["status", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["systems"].as_array().unwrap().len(), 1);
    assert_eq!(document["systems"][0]["shm_dir"], system.shm().to_str().unwrap());
    document["systems"][0]["servers"].as_array().unwrap().clone()
}

/// An answer of the listener that `up` named.
fn admin(system: &System, request: &str) -> Answer {
    let line = system.greeting.lines().find(|line| line.trim_start().starts_with("admin")).unwrap();
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    Client::connect(&format!("tcp:{address}")).ask(request)
}

fn get(system: &System, path: &str) -> Answer {
    admin(system, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
}

#[test]
fn a_running_system_tells_what_it_does_and_takes_another_index() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (index(folder.path(), 3_000, 1), index(folder.path(), 2_000, 2));
    let mut system = System::start_with(SHARED_PORT, |command| {
        command.arg("--index").arg(&first).args(["--servers", "3", "--cpus", "0,0,0"]);
    });
    assert_eq!(system.servers().len(), 3);
    for example in &EXAMPLES {
        assert_eq!(score(system.address, example.request).0, 200);
    }

    let servers = status(&system);
    let instances: Vec<&str> = servers.iter().map(|server| server["instance"].as_str().unwrap()).collect();
    assert_eq!(instances, ["1/3", "2/3", "3/3"]);
    let scored = |server: &Value| {
        server["requests"]["approved"].as_u64().unwrap() + server["requests"]["denied"].as_u64().unwrap()
    };
    assert_eq!(servers.iter().map(scored).sum::<u64>(), 2);
    assert!(servers.iter().all(|server| server["generation"]["references"] == 3_000));
    let table = String::from_utf8(up(&system, &["status"]).stdout).unwrap();
    assert!(table.lines().any(|line| line.trim_start().starts_with("all ")), "{table}");

    let all: Value = serde_json::from_str(&get(&system, "/status").body).unwrap();
    assert_eq!(all["servers"].as_array().unwrap().len(), 3);
    let page = get(&system, "/").body;
    let links: Vec<&str> = page.split("<a href=\"").skip(1).map(|link| link.split('"').next().unwrap()).collect();
    assert!(page.contains("</html>") && links.contains(&"metrics/3"), "{links:?}");
    for link in links.iter().filter(|link| !link.starts_with('#')) {
        assert_eq!(get(&system, &format!("/{link}")).status, 200, "{link}");
    }
    for (path, code) in
        [("/ready", 200), ("/healthz", 200), ("/metrics/3", 200), ("/metrics/4", 404), ("/metrics", 404)]
    {
        assert_eq!(get(&system, path).status, code, "{path}");
    }
    let explain = |body: &str| {
        let length = body.len();
        admin(&system, &format!("POST /explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"))
    };
    let explained: Value = serde_json::from_str(&explain(EXAMPLES[0].request).body).unwrap();
    assert_eq!(explained["id"], "tx-1329056812");
    assert_eq!(explain("{}").status, 400);

    let output = up(&system, &["reload", second.to_str().unwrap()]);
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && messages.contains("3 servers answer by"), "{messages}");
    let servers = status(&system);
    assert!(servers.iter().all(|server| server["generation"]["references"] == 2_000 && server["swaps"] == 1));

    let damaged = folder.path().join("damaged.index");
    std::fs::write(&damaged, "no index").unwrap();
    let output = up(&system, &["reload", damaged.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(status(&system).iter().all(|server| server["generation"]["references"] == 2_000));
    assert_eq!(system.end(Signal::TERM).code(), Some(0));
    assert!(system.folders().segments().is_empty());
    assert_eq!(system.folders().runtime_entries(), 0);
}

/// What a pipe is read from, with a file in it.
fn pipe_of(file: &Path) -> Stdio {
    Command::new("cat").arg(file).stdout(Stdio::piped()).spawn().unwrap().stdout.unwrap().into()
}

#[test]
fn an_index_may_come_on_stdin_at_the_start_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (index(folder.path(), 3_000, 1), index(folder.path(), 2_000, 2));
    let mut system = System::start_with(SHARED_PORT, |command| {
        command.args(["--index", "-"]).stdin(pipe_of(&first));
    });
    assert!(status(&system).iter().all(|server| server["generation"]["references"] == 3_000));
    let mut reload = up_command(&system, &["reload", "-"]);
    let output = reload.stdin(pipe_of(&second)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(status(&system).iter().all(|server| server["generation"]["references"] == 2_000));
    assert_eq!(system.end(Signal::TERM).code(), Some(0));
    assert_eq!(system.folders().runtime_entries(), 0, "what came on stdin is gone");
}

#[test]
fn without_a_running_system_it_is_told_how_to_start_one() {
    let empty = tempfile::tempdir().unwrap();
    for command in ["status", "reload"] {
        let output = Command::new(FRAUDRING).args(["up", command]).env("TMPDIR", empty.path()).output().unwrap();
        let messages = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{messages}");
        assert!(
            messages.contains("no `fraudring up` of this user runs") && messages.contains("fraudring up"),
            "{messages}"
        );
    }
}
