//! Responses of each kind, byte by byte where it matters.

use super::*;
use crate::buffer::Buffer;
use crate::limits::Limits;

const KEPT: Form = Form { persistence: Persistence::KeepAlive, is_head: false, fields: "" };

/// What is in the buffer after `give`, and what is to follow.
fn given(form: Form, give: impl FnOnce(Responder<'_, &'static [u8]>) -> Answered) -> (String, Option<usize>) {
    let mut buffer = Buffer::new(&Limits::default());
    let mut rest = None;
    let _ = give(Responder::new(buffer.output(), &mut rest, form));
    let text = String::from_utf8(buffer.unsent().to_vec()).unwrap();
    (text, rest.map(|rest| rest.body.len() - rest.sent))
}

fn problem(detail: &str) -> String {
    given(Form { persistence: Persistence::Close, is_head: false, fields: "" }, |responder| {
        responder.problem(Status::BadRequest, detail)
    })
    .0
}

fn body_of(response: &str) -> &str {
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), body.len(), "{response}");
    body
}

#[test]
fn a_prepared_response_has_a_form_for_each_way_to_go_on() {
    let response = Prepared::new(Status::Ok, "text/plain", b"yes\n");
    for (persistence, field) in [
        (Persistence::KeepAlive, ""),
        (Persistence::KeepAliveSaid, "Connection: keep-alive\r\n"),
        (Persistence::Close, "Connection: close\r\n"),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n{field}\r\n");
        let (text, _) =
            given(Form { persistence, is_head: false, fields: "" }, |responder| responder.prepared(&response));
        assert_eq!(text, format!("{head}yes\n"));
        let (text, _) =
            given(Form { persistence, is_head: true, fields: "" }, |responder| responder.prepared(&response));
        assert_eq!(text, head);
    }
}

#[test]
fn prepared_copied_and_held_bodies_are_the_same_response() {
    let prepared = given(KEPT, |responder| responder.prepared(&Prepared::new(Status::Ok, "a/b", b"body")));
    assert_eq!(given(KEPT, |responder| responder.copied(Status::Ok, "a/b", b"body")), prepared);
    assert_eq!(given(KEPT, |responder| responder.held(Status::Ok, "a/b", b"body")), prepared);
}

#[test]
fn what_does_not_fit_of_a_held_body_follows_and_head_gets_none_of_it() {
    let body = &[b'x'; 20_000];
    let (text, rest) = given(KEPT, |responder| responder.held(Status::Ok, "a/b", body));
    assert_eq!(text.len(), Limits::DEFAULT.output_bytes);
    let head = text.find("\r\n\r\n").unwrap() + 4;
    assert_eq!(rest, Some(head + body.len() - text.len()));
    let (text, rest) = given(Form { is_head: true, ..KEPT }, |responder| responder.held(Status::Ok, "a/b", body));
    assert!(text.contains("Content-Length: 20000\r\n") && text.ends_with("\r\n\r\n"));
    assert_eq!(rest, None);
}

#[test]
fn a_detail_with_quotes_and_controls_stays_valid_json() {
    let detail = "field \"amount\"\\ \n\u{1}";
    let response = problem(detail);
    let json: serde_json::Value = serde_json::from_str(body_of(&response)).unwrap();
    assert_eq!(json["detail"], detail);
    assert_eq!(json["status"], 400);
    assert!(response.contains("Content-Type: application/problem+json\r\n"));
}

#[test]
fn an_endless_detail_is_cut_and_still_fits_when_every_byte_needs_escaping() {
    let response = problem(&"\u{1}".repeat(10_000));
    let json: serde_json::Value = serde_json::from_str(body_of(&response)).unwrap();
    assert_eq!(json["detail"].as_str().unwrap().len(), DETAIL_BYTES);
    assert!(response.len() <= RESPONSE_BYTES);
}

#[test]
fn a_detail_is_cut_between_characters() {
    let response = problem(&"é".repeat(DETAIL_BYTES));
    let json: serde_json::Value = serde_json::from_str(body_of(&response)).unwrap();
    assert_eq!(json["detail"].as_str().unwrap().chars().count(), DETAIL_BYTES / 2);
}
