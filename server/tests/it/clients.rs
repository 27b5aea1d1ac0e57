//! Clients that others wrote: what they understand of HTTP is what a user's client will.

use crate::support::{IndexFolder, Listen, PATIENCE, Sandbox, Server, is_missing, payload};
use std::process::{Command, Output};

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];

fn with_servers(test: impl Fn(&IndexFolder, &str)) {
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Tcp, sandbox, &[]);
        test(&place, server.address.strip_prefix("tcp:").unwrap());
    }
}

#[track_caller]
fn output(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success(), "{command:?}: {status}\n{stdout}\n{stderr}");
    stdout
}

#[test]
fn curl_understands_every_answer() {
    if is_missing("curl", Command::new("curl").arg("--version")) {
        return;
    }
    with_servers(|place, host| {
        let curl = |arguments: &[&str], path: &str| {
            let shows = "\n%{http_code} %{num_connects} %{http_version}";
            let limit = PATIENCE.as_secs().to_string();
            let mut command = Command::new("curl");
            command.args(["-sS", "--max-time", &limit, "-w", shows]).args(arguments);
            output(command.arg(format!("http://{host}{path}")))
        };
        let (body, score) = (payload(1), place.expected(&payload(1)));
        let scored = format!("{score}\n200 1 1.1");
        assert_eq!(curl(&["-d", &body], "/fraud-score"), scored);
        assert_eq!(curl(&["-d", &body, "-H", "Transfer-Encoding: chunked"], "/fraud-score"), scored);
        assert_eq!(curl(&["-d", &body, "-H", "Expect: 100-continue"], "/fraud-score"), scored);
        assert!(curl(&["-d", &body, "--http1.0"], "/fraud-score").starts_with(&format!("{score}\n200 1")));
        assert!(curl(&["-I"], "/ready").ends_with("\n200 1 1.1"));
        for (arguments, path, status) in [
            (&["-d", "no json"][..], "/fraud-score", 400),
            (&[], "/nothing", 404),
            (&["-X", "PUT", "-d", &body], "/fraud-score", 405),
            (&["-d", &"x".repeat(65_537)], "/fraud-score", 413),
            (&["-H", &format!("X: {}", "x".repeat(8_192))], "/ready", 431),
            (&["-H", "Transfer-Encoding: gzip"], "/ready", 501),
        ] {
            let answer = curl(arguments, path);
            assert!(answer.ends_with(&format!("\n{status} 1 1.1")), "{status}: {answer}");
            let problem: serde_json::Value = serde_json::from_str(answer.lines().next().unwrap()).unwrap();
            assert_eq!(problem["status"], status);
        }
        let twice = curl(&["-d", &body, &format!("http://{host}/fraud-score")], "/fraud-score");
        assert_eq!(twice, format!("{score}\n200 1 1.1{score}\n200 0 1.1"), "the second on the same connection");
    });
}

fn python(script: &str, interpreter: &str) {
    let script = format!("{}/tests/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    with_servers(|place, address| {
        let (host, port) = address.rsplit_once(':').unwrap();
        let body = payload(3);
        output(Command::new(interpreter).args([&script, host, port, &body, &place.expected(&body)]));
    });
}

#[test]
fn pythons_http_client_understands_every_answer() {
    if !is_missing("python3", Command::new("python3").arg("--version")) {
        python("http_client.py", "python3");
    }
}

#[test]
fn httpx_understands_every_answer() {
    // `.ci/run` puts it there; elsewhere the user's own will do.
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python");
    let interpreter = if std::path::Path::new(own).exists() { own } else { "python3" };
    if !is_missing("httpx", Command::new(interpreter).args(["-c", "import httpx"])) {
        python("httpx_client.py", interpreter);
    }
}

#[test]
fn wrk_gets_nothing_but_scores() {
    if is_missing("wrk", Command::new("wrk").arg("--version")) {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/post.lua");
    with_servers(|_, host| {
        let mut command = Command::new("wrk");
        command.args(["-t1", "-c32", "-d1s", "-s", script, &format!("http://{host}/fraud-score")]);
        let text = output(command.env("PAYLOAD", payload(4)));
        let counts = text.lines().find(|line| line.starts_with("requests=")).unwrap();
        assert!(counts.ends_with("others=0 errors=0") && !counts.starts_with("requests=0"), "{text}");
    });
}
