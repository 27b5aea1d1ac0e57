//! Another image for a server that answers by rows.

use super::{BOTH, PAYLOADS, must_answer, served, stop};
use crate::support::own_rows::{Own, OwnRows, own_payload, post_score, says_the_same};
use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, at_once, payload, post, random_index};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};

/// Sends payloads until `stop`, and counts the answers of the old image and of the new one. Each answer must be that of one of the
/// two, and after the first answer of the new image none may be of the old one.
fn ask_over_a_swap(address: &str, [old, new]: [&[Value]; 2], stop: &AtomicBool) -> (u32, u32) {
    let mut client = Client::connect(address);
    let mut told = (0, 0);
    for n in (0..PAYLOADS).cycle() {
        let answer = client.ask(post_score(&own_payload(n)));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let (is_old, is_new) = (says_the_same(&body, &old[n as usize]), says_the_same(&body, &new[n as usize]));
        match (is_old, is_new) {
            (true, true) => {}
            (true, false) => {
                assert_eq!(told.1, 0, "payload {n}: the old rows answer after the new ones");
                told.0 += 1;
            }
            (false, true) => told.1 += 1,
            (false, false) => panic!("payload {n}: {body} is of neither"),
        }
        if stop.load(Ordering::Relaxed) && told.1 > 100 {
            break;
        }
    }
    told
}

fn answers(rows: &OwnRows) -> Vec<Value> {
    (0..PAYLOADS).map(|n| rows.answer(&own_payload(n))).collect()
}

#[test]
fn another_version_of_the_schema_is_taken_and_no_answer_is_of_the_one_before() {
    let old = Own::default().build();
    let new = Own { k: 9, rows: 700, seed: 2, more_dimensions: 3, ..Own::default() }.build();
    let (before, after) = (answers(&old), answers(&new));
    at_once(&BOTH, |sandbox| {
        let place = served(&old);
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let (address, is_over) = (server.address.clone(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let ask = || ask_over_a_swap(&address, [&before, &after], &is_over);
            let clients: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
            must_answer(&old, &mut Client::connect(&address));
            place.publish_image(&new.image);
            let line = server.wait_for_line("went over");
            assert!(line.contains(r#""schema":"loans""#) && line.contains(r#""rows":700"#), "{line}");
            must_answer(&new, &mut Client::connect(&address));
            is_over.store(true, Ordering::Relaxed);
            for client in clients {
                let (before, after) = client.join().unwrap();
                assert!(before > 0 && after > 0, "{before} answers before, {after} after");
            }
        });
        assert_eq!(stop(server).1, 0);
    });
}

#[test]
fn what_would_answer_otherwise_is_refused_and_the_one_before_answers_on() {
    let own = || Own { answer: "neighbours = true", ..Own::default() };
    let rows = own().build();
    let others = [
        (Own { name: "debts", ..own() }.build().image, "its schema is debts"),
        (Own { labels: vec!["a".into(), "b".into()], ..own() }.build().image, "other labels"),
        (Own { labels: Vec::new(), ..own() }.build().image, "other labels"),
        (Own { k: 64, ..own() }.build().image, "there is room for 4096"),
        (Own { answer: "echo_id = true", ..own() }.build().image, "other form of answers"),
        (Own { has_ids: false, ..own() }.build().image, "other names of rows"),
        (random_index(300), "it holds the contest's references"),
    ];
    let place = served(&rows);
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    for (image, why) in &others {
        place.publish_unchecked(image);
        let line = server.wait_for_line("refused, the index before answers on");
        assert!(line.contains(r#""reason":"other_schema""#) && line.contains(why), "{why}: {line}");
    }
    must_answer(&rows, &mut server.connect());
    let metrics = Client::connect(server.admin()).ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").body;
    let sample = format!("fraudring_generation_refused_total{{reason=\"other_schema\"}} {}", others.len());
    assert!(metrics.contains(&sample), "{metrics}");
}

#[test]
fn rows_are_refused_by_a_server_of_references() {
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    place.publish_image(&Own::default().build().image);
    let line = server.wait_for_line("refused, the index before answers on");
    assert!(line.contains(r#""reason":"other_schema""#) && line.contains("rows of the schema loans"), "{line}");
    let mut client = server.connect();
    assert_eq!(client.ask(post(&payload(1))).body, place.expected(&payload(1)));
    assert_eq!(client.ask(post_score(&own_payload(1))).status, 404);
}

#[test]
fn the_first_image_decides_what_a_waiting_server_answers() {
    let rows = Own::default().build();
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::empty();
        let mut server = Server::start(&place, Listen::Unix, sandbox, &["--wait-for-index"]);
        let mut client = server.connect();
        for request in [READY.to_owned(), post_score(&own_payload(1)), post(&payload(1))] {
            assert_eq!(client.ask(request).status, 503);
        }
        // A body that is under way when it is decided.
        let mut slow = server.connect();
        let request = post_score(&own_payload(1));
        slow.send(&request[..request.len() - 1]);
        let mut other = server.connect();
        let contest = post(&payload(1));
        other.send(&contest[..contest.len() - 1]);
        place.publish_image(&rows.image);
        server.wait_for_line("index attached and warm");
        must_answer(&rows, &mut client);
        slow.send(&request[request.len() - 1..]);
        assert!(says_the_same(&serde_json::from_str(&slow.answer().body).unwrap(), &rows.answer(&own_payload(1))));
        other.send(&contest[contest.len() - 1..]);
        assert_eq!(other.answer().status, 404);
        assert_eq!(client.ask(post(&payload(1))).status, 404);
    });
}

#[test]
fn an_image_with_answers_too_long_for_any_server_is_refused_at_the_start() {
    let labels = (0..256).map(|label| format!("{label} {}", "\"".repeat(250))).collect();
    let own = Own { labels, answer: "neighbours = true", k: 64, id_padding: 3_000, ..Own::default() };
    let place = served(&own.build());
    let mut server = Server::spawn(crate::support::command(&place, "unix:/tmp/never", Sandbox::None, &[]));
    assert_eq!(server.wait().code(), Some(4));
    assert!(server.lines.concat().contains("there is room for 262144"), "{:#?}", server.lines);
}
