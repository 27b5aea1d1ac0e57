//! A server that answers by rows of a schema of one's own.

mod swaps;

use crate::support::own_rows::{Own, OwnRows, own_payload, post_score, says_the_same};
use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, at_once, payload, post};
use index::knn::Method;
use rustix::process::Signal;
use serde_json::Value;

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];
const PAYLOADS: u32 = 200;

/// The `threshold` form of an answer.
const THRESHOLD: &str = r#"kind = "threshold"
label = "late"
score_key = "score"
decision_key = "fine"
threshold = 0.4"#;

#[track_caller]
fn must_answer(rows: &OwnRows, client: &mut Client) {
    for n in 0..PAYLOADS {
        let body = own_payload(n);
        let answer = client.ask(post_score(&body));
        let (found, expected): (Value, _) = (serde_json::from_str(&answer.body).unwrap(), rows.answer(&body));
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(says_the_same(&found, &expected), "payload {n}: {found}\nexpected {expected}");
    }
}

/// Answers and allocations of requests, as the line `stopped` tells them.
fn stop(mut server: Server) -> (u64, u64) {
    server.signal(Signal::TERM);
    let line = server.wait_for_line("\"stopped");
    assert_eq!(server.wait().code(), Some(0));
    let fields: Value = serde_json::from_str(&line).unwrap();
    (fields["answers"].as_u64().unwrap(), fields["allocations"].as_u64().unwrap())
}

fn served(rows: &OwnRows) -> IndexFolder {
    let place = IndexFolder::empty();
    place.publish_image(&rows.image);
    place
}

#[test]
fn every_answer_is_that_of_brute_force_and_allocates_nothing() {
    let own = Own::default;
    // whose answers may be proved without the neighbours
    let two = || ["ok", "late"].map(str::to_owned).to_vec();
    let all = [
        own(),
        Own { answer: "echo_id = true\nneighbours = true", ..own() },
        Own { answer: THRESHOLD, ..own() },
        Own { labels: two(), k: 5, ..own() },
        Own { labels: two(), k: 1, answer: THRESHOLD, ..own() },
        Own { labels: Vec::new(), ..own() },
        Own { labels: Vec::new(), has_ids: false, answer: "echo_id = true", ..own() },
        Own { rows: 9, ..own() },
        Own { k: 64, answer: "neighbours = true", more_dimensions: 20, ..own() },
        Own { method: Some(Method::GridTree), ..own() },
        Own { method: Some(Method::FloatTree), ..own() },
        Own { method: Some(Method::CellScan), answer: "neighbours = true", ..own() },
    ]
    .map(|own| own.build());
    at_once(&BOTH, |sandbox| {
        for (number, rows) in all.iter().enumerate() {
            let listen = if number % 2 == 0 { Listen::Unix } else { Listen::Tcp };
            let place = served(rows);
            let server = Server::start(&place, listen, sandbox, &[]);
            let mut client = server.connect();
            assert_eq!(client.ask(READY).status, 200);
            must_answer(rows, &mut client);
            assert_eq!(stop(server), (u64::from(PAYLOADS) + 1, 0), "(answers, allocations), image {number}");
        }
    });
}

#[test]
fn an_answer_has_these_bytes() {
    let rows = Own { answer: "echo_id = true", rows: 20, ..Own::default() }.build();
    let place = served(&rows);
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let answer = server.connect().ask(post_score(&own_payload(3)));
    let share = |label: &str| rows.answer(&own_payload(3))["shares"][label].as_f64().unwrap();
    let [ok, late, lost] = ["ok", "late", "lost \"for good\""].map(share);
    let label = rows.answer(&own_payload(3))["label"].to_string();
    let expected = format!(
        r#"{{"id":"q \"3\" é","label":{label},"shares":{{"ok":{ok},"late":{late},"lost \"for good\"":{lost}}},"k":15}}"#
    );
    assert_eq!(answer.body, expected);
    assert!(answer.head.contains("Content-Type: application/json\r\n"), "{}", answer.head);
}

/// Longer than a connection's buffer: the client takes them in parts.
#[test]
fn long_answers_are_whole_and_allocate_nothing() {
    let labels = (0..256).map(|label| format!("label {label} \"{}", "x".repeat(100))).collect();
    let rows = Own { labels, answer: "neighbours = true", k: 64, rows: 2_000, ..Own::default() }.build();
    at_once(&BOTH, |sandbox| {
        let place = served(&rows);
        let server = Server::start(&place, Listen::Unix, sandbox, &["--max-open-requests", "4"]);
        must_answer(&rows, &mut server.connect());
        let mut clients: Vec<Client> = (0..8).map(|_| server.connect()).collect();
        for round in 0..20 {
            for (n, client) in (0..).zip(&mut clients) {
                client.send(post_score(&own_payload(round + n)).repeat(3));
            }
            for (n, client) in (0..).zip(&mut clients) {
                let expected = rows.answer(&own_payload(round + n));
                for _ in 0..3 {
                    let answer = client.answer();
                    assert!(answer.body.len() > 30_000, "{}", answer.body.len());
                    assert!(says_the_same(&serde_json::from_str(&answer.body).unwrap(), &expected));
                }
            }
        }
        assert_eq!(stop(server), (u64::from(PAYLOADS) + 8 * 20 * 3, 0), "(answers, allocations)");
    });
}

#[test]
fn whoever_takes_no_answer_keeps_no_room_for_ever() {
    let labels = (0..256).map(|label| format!("{label}{}", "x".repeat(200))).collect();
    let rows = Own { labels, ..Own::default() }.build();
    let options = ["--max-open-requests", "4", "--write-timeout-ms", "300"];
    let place = served(&rows);
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &options);
    for _ in 0..5 {
        let mut deaf: Vec<Client> = (0..4).map(|_| server.connect()).collect();
        for client in &mut deaf {
            client.send_within(post_score(&own_payload(1)).repeat(50), std::time::Duration::from_millis(50));
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    must_answer(&rows, &mut server.connect());
}

#[test]
fn what_is_wrong_is_named() {
    let rows = Own { answer: "echo_id = true", ..Own::default() }.build();
    let place = served(&rows);
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let mut client = server.connect();
    let changed = |pointer: &str, value: Value| {
        let mut payload: Value = serde_json::from_str(&own_payload(1)).unwrap();
        *payload.pointer_mut(pointer).unwrap() = value;
        payload.to_string()
    };
    let without = |key: &str| {
        let mut payload: Value = serde_json::from_str(&own_payload(1)).unwrap();
        payload.as_object_mut().unwrap().remove(key);
        payload.to_string()
    };
    for (body, detail) in [
        (String::new(), "the body is empty, expected a JSON object".to_owned()),
        ("[]".to_owned(), "expected a JSON object".to_owned()),
        ("{} x".to_owned(), "not one JSON document".to_owned()),
        (without("amount"), "amount: missing".to_owned()),
        (without("request"), "request: missing".to_owned()),
        (without("terms"), "terms: missing".to_owned()),
        (changed("/amount", "much".into()), "amount: expected a number".to_owned()),
        (changed("/terms/months", true.into()), "terms.months: expected a number".to_owned()),
        (changed("/terms/months", 1e300.into()), "the dimension months: out of range".to_owned()),
        (changed("/request", 7.into()), "request: expected a string".to_owned()),
        (changed("/request", "x".repeat(257).into()), "request: longer than 256 bytes".to_owned()),
    ] {
        let answer = client.ask(post_score(&body));
        assert_eq!((answer.status, answer.is_problem()), (400, true), "{body}");
        assert!(answer.body.contains(&format!(r#""detail":"{detail}"#)), "{body}: {}", answer.body);
    }
    let longest = changed("/request", "\u{1}".repeat(256).into());
    assert_eq!(client.ask(post_score(&longest)).status, 200);
    for (status, request, part) in [
        (404, post(&payload(1)), "there are POST /score and GET /ready here"),
        (404, "GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "there are POST /score and GET /ready here"),
        (405, "GET /score HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "this path knows POST only"),
    ] {
        let answer = client.ask(request);
        assert_eq!(answer.status, status);
        assert!(answer.body.contains(part), "{}", answer.body);
    }
}

#[test]
fn decisions_are_logged_and_what_is_to_be_left_out_is() {
    let rows = Own { answer: "echo_id = true", ..Own::default() }.build();
    let place = served(&rows);
    let log = place.path("decisions");
    let log_options = ["--decision-log", log.to_str().unwrap(), "--decision-log-sample", "1/10"];
    let options = [&log_options[..], &["--redact", "request,terms"]].concat();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &options);
    must_answer(&rows, &mut server.connect());
    assert_eq!(stop(server).1, 0, "sampling allocates nothing");
    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), PAYLOADS as usize / 10);
    for (line, n) in lines.iter().zip((9..).step_by(10)) {
        let mut expected = rows.answer(&own_payload(n));
        expected["id"] = "[redacted]".into();
        assert!(says_the_same(&line["answer"], &expected), "{line}");
        assert_eq!((&line["decision"]["label"], &line["schema"]), (&expected["label"], &"loans".into()));
        let sent: Value = serde_json::from_str(&own_payload(n)).unwrap();
        assert_eq!((&line["request"]["amount"], &line["request"]["debt"]), (&sent["amount"], &sent["debt"]));
        assert_eq!((&line["id"], &line["request"]["terms"]["months"]), (&"[redacted]".into(), &"[redacted]".into()));
        assert!(line["request"].get("unknown").is_none(), "what the schema does not name is left out");
    }
    assert!(!text.contains("q \\\""), "{text}");
    let mut refused = Server::spawn(crate::support::command(
        &place,
        "unix:/tmp/never",
        Sandbox::None,
        &[&log_options[..], &["--redact", "customer"]].concat(),
    ));
    assert_eq!(refused.wait().code(), Some(2));
    let lines = refused.lines.concat();
    assert!(lines.contains("--redact customer: payloads of the schema loans have no such field"), "{lines}");
}
