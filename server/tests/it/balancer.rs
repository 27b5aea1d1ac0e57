//! haproxy in front: its configuration, and that it and the server never differ in where a request ends.
//!
//! Where two parsers in a row differ, a request can be hidden in the body of another: the balancer forwards one, the
//! server answers two. So every request of the corpus goes through haproxy with another behind it, and the answers
//! that the server counts must be those that the client got.

use crate::support::corpus::{Case, corpus};
use crate::support::haproxy::{Balancer, CONFIGURATION, configuration, haproxy};
use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, is_missing, payload, post, post_with};
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// How long the balancer of these tests waits for a head or a body.
const WAIT: Duration = Duration::from_millis(500);

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

/// The project's configuration for one server, without the checks and retries, which the server would count too.
fn start(place: &IndexFolder, server: &Server) -> Balancer {
    const LEFT_OUT: [&str; 6] = ["#", "option httpchk", "http-check", "retr", "option redispatch", "server api2"];
    let wait = format!("{}ms", WAIT.as_millis());
    let text: String = configuration()
        .lines()
        .filter(|line| !LEFT_OUT.iter().any(|word| line.trim_start().starts_with(word)))
        .map(|line| match line.trim_start().split_once(' ') {
            // Whatever else a client may be owed comes before this.
            Some(("timeout", rest)) if rest.starts_with("http-") => {
                format!("    timeout http-request {wait}\n    timeout http-keep-alive {wait}\n")
            }
            // The rest of a body that a server has refused already.
            Some(("timeout", rest)) if rest.starts_with("client") => "    timeout client 2s\n".to_owned(),
            Some(("default-server", _)) => "    default-server maxconn 1024\n".to_owned(),
            _ => format!("{line}\n").replace("wait-for-body time 5s", &format!("wait-for-body time {wait}")),
        })
        .collect();
    Balancer::start(place, &text, &[server], 100)
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
        // What haproxy's parser refuses has its own text, which no configuration changes.
        let is_of_parser = answer.body.starts_with("<html>") && [400, 422].contains(&answer.status);
        let name = &case.name;
        assert!(answer.status < 400 || answer.is_problem() || is_of_parser, "{name}: {} {}", answer.head, answer.body);
        statuses.push(answer.status);
        by_server += u64::from(!is_of_haproxy(&answer.body) || case.is_head());
    }
    (statuses, by_server)
}

/// By its configuration, or in its own words, which it keeps for what its parser refuses.
fn is_of_haproxy(body: &str) -> bool {
    body.starts_with("<html>") || body.starts_with('{') && configuration().contains(body)
}

#[test]
fn haproxy_and_the_server_agree_where_every_request_ends() {
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let balancer = start(&place, &server);
    let mut counted = 0;
    let mut forwarded = 0;
    let cases = corpus();
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

/// Sends `request` and nothing more; the status of the one answer, whether it is in the form of RFC 9457, and its time.
fn refused(balancer: &Balancer, request: impl AsRef<[u8]>) -> (u16, bool, Duration) {
    let begun = Instant::now();
    let mut client = balancer.connect();
    client.send(request);
    let answer = client.next_answer(false).unwrap();
    let time = begun.elapsed();
    // A server closes at 413 and haproxy does not: it reads the body away, for the next request.
    if answer.status != 413 {
        assert!(answer.closes(), "{}", answer.head);
        client.must_be_closed();
    }
    (answer.status, answer.is_problem(), time)
}

#[test]
fn haproxy_refuses_as_the_server_does() {
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let balancer = start(&place, &server);
    for version in ["0.9", "1.2", "2.0", "9.9"] {
        let (status, is_problem, _) = refused(&balancer, format!("GET /ready HTTP/{version}\r\nHost: test\r\n\r\n"));
        assert_eq!((status, is_problem), (505, true), "HTTP/{version}");
    }
    let (status, is_problem, _) = refused(&balancer, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert_eq!((status, is_problem), (400, true), "the preface of HTTP/2");
    // Too long, and known from the head: nobody waits for the body.
    for length in ["65537", "70000", "18446744073709551616"] {
        let head = format!("POST /fraud-score HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n");
        let (status, is_problem, time) = refused(&balancer, head);
        assert_eq!((status, is_problem), (413, true), "a body of {length} bytes");
        assert!(time < WAIT, "{time:?} for a body of {length} bytes");
    }
    let post = post(&payload(1));
    let (status, is_problem, time) = refused(&balancer, &post[..post.len() - 1]);
    assert_eq!((status, is_problem), (408, true), "a body that does not end");
    assert!(time >= WAIT, "{time:?}");
}

/// If a line of these changes with a newer haproxy, docs/HTTP.md can lose it.
#[test]
fn what_haproxy_cannot_be_taught() {
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let balancer = start(&place, &server);
    let (status, is_problem, _) = refused(&balancer, "POST /fraud-score HTTP/1.1\r\nHo");
    assert_eq!((status, is_problem), (408, false), "a head that does not end");
    let (status, is_problem, _) = refused(&balancer, "GET /ready\r\n\r\n");
    assert_eq!((status, is_problem), (400, false), "a malformed request line");
    let mut client = balancer.connect();
    client.send(&post(&payload(1))[..200]);
    client.end_output();
    assert!(client.next_answer(false).is_none(), "a client that ends its side within a body");
}

#[test]
fn haproxy_takes_heads_and_bodies_of_the_servers_limits() {
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let balancer = start(&place, &server);
    let mut client = balancer.connect();
    let expected = place.expected(&payload(7));
    let rest = post("").len() + 2; // the length of the body has three digits instead of one
    for fields in [1, 20, 60] {
        let each = (8192 - rest) / fields;
        let fields: String = (10..10 + fields).map(|n| format!("X-{n}: {}\r\n", "a".repeat(each - 8))).collect();
        let request = post_with(&fields, &payload(7));
        let head_bytes = request.find("\r\n\r\n").unwrap() + 4;
        assert!((8192 - 60..=8192).contains(&head_bytes), "{head_bytes}");
        assert_eq!(client.ask(request).body, expected, "{head_bytes} bytes of head");
    }
    for bytes in [8_000, 9_000, 20_000, 65_536] {
        let body = payload(7);
        let body = body.clone() + &" ".repeat(bytes - body.len());
        assert_eq!(client.ask(post(&body)).body, expected, "{bytes} bytes of body");
    }
}
