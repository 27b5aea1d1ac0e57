//! The admin listener of a server: what it answers, whom it refuses, and that clients do not notice it.

use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, payload, post};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::client::Answer;
use testkit::machine;

fn ask(server: &Server, method: &str, path: &str, fields: &str, body: &str) -> Answer {
    let length = body.len();
    Client::connect(server.admin())
        .ask(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}Content-Length: {length}\r\n\r\n{body}"))
}

fn json(response: &Answer) -> Value {
    serde_json::from_str(&response.body).unwrap_or_else(|error| panic!("{error}: {}", response.body))
}

#[test]
fn every_route_answers_on_either_driver_and_address() {
    let place = IndexFolder::new();
    for (listen, sandbox) in [(Listen::Unix, Sandbox::None), (Listen::Tcp, Sandbox::NoIoUring)] {
        let server = Server::start(&place, listen, sandbox, &["--instance", "2/3"]);
        assert_eq!(Client::connect(&server.address).ask(post(&payload(1))).status, 200);
        for (path, body) in [("/healthz", "alive\n"), ("/ready", "ready\n")] {
            let response = ask(&server, "GET", path, "", "");
            assert_eq!((response.status, response.body.as_str()), (200, body));
        }
        let page = ask(&server, "GET", "/", "", "");
        assert!(page.head.contains("text/html") && page.body.contains("</html>"), "{}", page.head);
        for field in ["Content-Security-Policy: default-src 'none'", "X-Content-Type-Options: nosniff", "no-store"] {
            assert!(page.head.contains(field), "{field}: {}", page.head);
        }
        let status = json(&ask(&server, "GET", "/status", "", ""));
        let one = &status["servers"][0];
        assert_eq!((one["instance"].as_str(), one["phase"].as_str()), (Some("2/3"), Some("ready")));
        assert_eq!(one["requests"]["approved"].as_u64().unwrap() + one["requests"]["denied"].as_u64().unwrap(), 1);
        assert_eq!(one["generation"]["references"], 400);
        assert_eq!(one["pid"], server.process_id());
        let look = json(&ask(&server, "POST", "/reload", "", ""));
        assert_eq!(look["result"], "unchanged");
    }
}

#[test]
fn other_methods_and_paths_are_refused_and_the_public_listener_knows_none_of_them() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    for (status, method, path) in [
        (405, "POST", "/"),
        (405, "POST", "/metrics"),
        (405, "GET", "/explain"),
        (405, "GET", "/reload"),
        (404, "GET", "/fraud-score"),
        (404, "GET", "/metrics/"),
    ] {
        assert_eq!(ask(&server, method, path, "", "").status, status, "{method} {path}");
    }
    for path in ["/", "/healthz", "/status", "/metrics", "/explain", "/reload"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(Client::connect(&server.address).ask(request).status, 404, "{path}");
    }
}

#[test]
fn foreign_names_and_pages_are_refused() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Tcp, Sandbox::None, &[]);
    let rebound = "GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned();
    assert_eq!(Client::connect(server.admin()).ask(rebound).status, 403);
    let foreign = ask(&server, "POST", "/reload", "Origin: http://evil.example\r\n", "");
    assert_eq!(foreign.status, 403);
    assert!(foreign.head.contains("Content-Security-Policy"), "{}", foreign.head);
    assert_eq!(ask(&server, "POST", "/reload", "Origin: http://localhost\r\n", "").status, 200);
}

#[test]
fn an_explanation_has_the_decision_that_clients_get() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let mut client = Client::connect(&server.address);
    for n in 0..20 {
        let answer: Value = serde_json::from_str(&client.ask(post(&payload(n))).body).unwrap();
        let explanation = json(&ask(&server, "POST", "/explain", "", &payload(n)));
        assert_eq!(explanation["approved"], answer["approved"]);
        assert_eq!(explanation["fraud_score"], answer["fraud_score"]);
        assert_eq!(explanation["id"], format!("tx-{n}"));
        assert_eq!(explanation["dimensions"].as_array().unwrap().len(), 14);
        let neighbours = explanation["neighbours"].as_array().unwrap();
        let frauds = neighbours.iter().filter(|neighbour| neighbour["label"] == "fraud").count();
        assert_eq!((neighbours.len(), Some(frauds as u64)), (5, explanation["frauds"].as_u64()));
    }
    let bad = ask(&server, "POST", "/explain", "", "{}");
    assert_eq!(bad.status, 400);
    assert_eq!(bad.body, client.ask(post("{}")).body);
}

#[test]
fn without_an_index_it_is_alive_and_not_ready() {
    let place = IndexFolder::empty();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &["--wait-for-index"]);
    assert_eq!(ask(&server, "GET", "/healthz", "", "").status, 200);
    for (method, path) in [("GET", "/ready"), ("POST", "/explain")] {
        assert_eq!(ask(&server, method, path, "", "").status, 503, "{path}");
    }
    assert_eq!(json(&ask(&server, "POST", "/reload", "", ""))["result"], "nothing_published");
    assert_eq!(json(&ask(&server, "GET", "/status", "", ""))["servers"][0]["generation"], Value::Null);
    assert!(ask(&server, "GET", "/metrics", "", "").body.contains("fraudring_ready 0\n"));
}

#[test]
fn a_unix_socket_is_its_users_alone_and_goes_with_the_server() {
    let place = IndexFolder::new();
    let socket = place.path("api.sock.admin");
    // As a killed server leaves it.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    assert_eq!(server.admin(), format!("unix:{}", socket.display()));
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn without_it_there_is_none_and_a_busy_address_is_named() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &["--admin", "none"]);
    assert!(!place.path("api.sock.admin").exists());
    drop(server);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let admin = format!("tcp:{}", taken.local_addr().unwrap());
    let mut refused = Server::spawn(crate::support::command(
        &place,
        &format!("unix:{}", place.path("other.sock").display()),
        Sandbox::None,
        &["--admin", &admin],
    ));
    let line = refused.wait_for_line("ERROR");
    assert!(line.contains(&admin) && line.contains("--admin none"), "{line}");
    assert_eq!(refused.wait().code(), Some(2));
}

#[test]
fn a_request_that_is_not_finished_in_time_is_told_so_and_closed() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let halves = ["GET /status HTTP/1.1\r\nHo", "POST /explain HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"];
    let begun = Instant::now();
    let clients = halves.map(|half| {
        let mut client = Client::connect(server.admin());
        client.send(half);
        client
    });
    for mut client in clients {
        let answer = client.answer();
        assert_eq!((answer.status, answer.closes()), (408, true), "{}", answer.head);
        client.must_be_closed();
    }
    // Both wait at the same time, for what the limits allow and the pace of the thread.
    let waited = begun.elapsed();
    assert!((Duration::from_millis(4_900)..Duration::from_secs(15)).contains(&waited), "{waited:?}");
    assert_eq!(ask(&server, "GET", "/healthz", "", "").status, 200);
}

#[test]
fn more_clients_than_it_has_room_for_cost_only_each_other() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let mut idle: Vec<_> = (0..100).map(|_| Client::connect(server.admin())).collect();
    for client in idle.iter_mut().take(50) {
        client.send("GET /status HTTP/1.1\r\nHo");
    }
    assert_eq!(ask(&server, "GET", "/healthz", "", "").status, 200);
    assert_eq!(Client::connect(&server.address).ask(READY).status, 200);
}

/// Asks without a pause until it is told to stop or the server has gone; how many answers came.
fn hammer(path: &Path, stop: &AtomicBool) -> u64 {
    let ask = || -> io::Result<bool> {
        let mut stream = UnixStream::connect(path)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 200 "))
    };
    let mut answers = 0;
    while !stop.load(Ordering::Relaxed)
        && let Ok(is_answered) = ask()
    {
        answers += u64::from(is_answered);
    }
    answers
}

#[test]
fn hammered_by_64_clients_it_takes_a_tenth_of_a_core_and_delays_no_end() {
    let _turn = machine::alone();
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let (path, stop) = (place.path("api.sock.admin"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..64).map(|_| scope.spawn(|| hammer(&path, &stop))).collect();
        // The first second pays for what it used before it first looked.
        server.cpu_share(Duration::from_secs(1));
        let share = server.cpu_share(Duration::from_secs(2));
        assert!(share < 0.2, "{share:.3} of a core");
        let begun = Instant::now();
        assert_eq!(Client::connect(&server.address).ask(post(&payload(1))).status, 200);
        assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
        server.signal(Signal::TERM);
        assert_eq!(server.wait().code(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        stop.store(true, Ordering::Relaxed);
        let answers: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
        assert!(answers > 10, "{answers} answers");
    });
}
