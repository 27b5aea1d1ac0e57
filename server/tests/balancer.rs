//! haproxy in front: its configuration, and that it and the server never differ in where a request ends.
//!
//! Where two parsers in a row differ, a request can be hidden in the body of another: the balancer forwards one, the
//! server answers two. So every request of the corpus goes through haproxy with another behind it, and the answers
//! that the server counts must be those that the client got.
#![allow(clippy::unwrap_used)] // a panic is a failed test

mod support;

use rustix::process::Signal;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use support::corpus::{Case, corpus};
use support::{Client, Listen, PATIENCE, Place, READY, Sandbox, Server, is_missing, payload, post};

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../haproxy.cfg");

fn haproxy() -> Command {
    let mut command = Command::new("haproxy");
    // Where Debian puts it, which not every user's path names.
    command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
    command
}

#[test]
fn haproxy_accepts_its_configuration_without_warnings() {
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let output = haproxy().args(["-c", "-f", CONFIGURATION]).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("WARNING"), "{text}");
}

struct Balancer {
    process: Child,
    address: String,
}

impl Balancer {
    /// The project's configuration for one server, without the checks and retries, which the server would count too.
    fn start(place: &Place, server: &Server) -> Self {
        const LEFT_OUT: [&str; 6] = ["#", "option httpchk", "http-check", "retr", "option redispatch", "server api2"];
        let configuration: String = std::fs::read_to_string(CONFIGURATION)
            .unwrap()
            .lines()
            .filter(|line| !LEFT_OUT.iter().any(|word| line.trim_start().starts_with(word)))
            .map(|line| match line.trim_start().split_once(' ') {
                // Whatever else a client may be owed comes before this.
                Some(("timeout", rest)) if rest.starts_with("http-") => {
                    "    timeout http-request 500ms\n    timeout http-keep-alive 500ms\n".to_owned()
                }
                Some(("default-server", _)) => "    default-server maxconn 1024\n".to_owned(),
                _ => format!("{line}\n"),
            })
            .collect();
        let file = place.path("haproxy.cfg");
        std::fs::write(&file, configuration).unwrap();
        let address = format!("unix:{}", place.path("balancer.sock").display());
        let process = haproxy()
            .arg("-db")
            .arg("-f")
            .arg(&file)
            .env("FRAUDRING_BIND", address.replace("unix:", "unix@"))
            .env("FRAUDRING_SOCKET_1", server.address.strip_prefix("unix:").unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + PATIENCE;
        while Client::try_connect(&address).is_err() {
            assert!(Instant::now() < end, "haproxy does not listen");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { process, address }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection on which `case` was sent with another request behind it.
fn asked(address: &str, case: &Case) -> Client {
    let mut client = Client::connect(address);
    let _ = client.try_send([&case.request[..], READY.as_bytes()].concat());
    client
}

/// Statuses of all answers until the connection closes, or of `most`; and how many of them the server gave.
fn answers(mut client: Client, case: &Case, most: usize) -> (Vec<u16>, u64) {
    let (mut statuses, mut by_server) = (Vec::new(), 0);
    while statuses.len() < most {
        let Some(answer) = client.next_answer(case.is_head() && statuses.is_empty()) else { break };
        if answer.status == 100 {
            continue;
        }
        statuses.push(answer.status);
        by_server += u64::from(!is_of_haproxy(&answer.body) || case.is_head());
    }
    (statuses, by_server)
}

/// By its configuration, or in its own words, which it keeps for what it takes for another protocol.
fn is_of_haproxy(body: &str) -> bool {
    body.starts_with("<html>")
        || body.starts_with('{') && std::fs::read_to_string(CONFIGURATION).unwrap().contains(body)
}

#[test]
fn haproxy_and_the_server_agree_where_every_request_ends() {
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let place = Place::new();
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let balancer = Balancer::start(&place, &server);
    let mut counted = 0;
    let mut forwarded = 0;
    let mut cases = corpus();
    // Whoever begins like this gets HTTP/2, which haproxy translates.
    cases.retain(|case| !case.request.starts_with(b"PRI * HTTP/2.0"));
    let clients: Vec<_> = cases.iter().map(|case| asked(&balancer.address, case)).collect();
    for (case, client) in cases.iter().zip(clients) {
        let (through, by_server) = answers(client, case, usize::MAX);
        let (direct, of_server) = answers(asked(&server.address, case), case, 2);
        counted += by_server + of_server;
        forwarded += by_server;
        let name = &case.name;
        eprintln!("{name}: through haproxy {through:?}, {by_server} by the server; direct {direct:?}");
        assert!((1..=2).contains(&through.len()), "{name}: {through:?} is more than was asked");
        assert!(through.len() == 1 || through[1] == 200, "{name}: {through:?}, and the second was for /ready");
        // What the server would refuse, haproxy may refuse as well or make unambiguous; what it takes, haproxy may
        // refuse; but where both take it, both go on at the same place.
        if direct == [200, 200] && through[0] == 200 {
            assert_eq!(through, direct, "{name}");
        }
        if case.is_kept {
            assert_eq!(direct, [case.status, 200], "{name}");
        } else {
            assert_eq!(direct, [case.status], "{name}");
        }
    }
    assert!(forwarded > 40, "{forwarded} answers came through haproxy");
    // A request hidden in another would spoil the shared connection for the next client.
    let mut client = Client::connect(&balancer.address);
    for n in 0..50 {
        assert_eq!(client.ask(post(&payload(n))).body, place.expected(&payload(n)));
        counted += 1;
    }
    drop((client, balancer));
    server.signal(Signal::TERM);
    let line = server.wait_for_line("\"stopped");
    let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(fields["answers"], counted, "the server answered requests that nobody sent");
}
