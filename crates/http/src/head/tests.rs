//! What heads mean, and which are refused.

use super::*;

fn parsed(text: &str) -> Parsed<'_> {
    parse(text.as_bytes(), 0, 8192, Box::leak(Box::new(field_list())))
}

fn complete(text: &str) -> Head<'_> {
    match parsed(text) {
        Parsed::Complete(head) => head,
        other => panic!("{text:?} gave {other:?}"),
    }
}

fn refused(text: &str) -> u16 {
    match parsed(text) {
        Parsed::Refused(refusal) => refusal.status.line().0,
        other => panic!("{text:?} gave {other:?}"),
    }
}

fn post(fields: &str) -> String {
    format!("POST /score HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn a_plain_head_is_understood() {
    let text = post("Content-Length: 12\r\n");
    let head = complete(&text);
    assert_eq!(head.bytes, text.len());
    assert_eq!(head.framing, Framing::Length(12));
    assert_eq!(head.persistence, Persistence::KeepAlive);
    assert_eq!((head.method(), head.path(), head.host_fault), ("POST", Some("/score"), None));
}

#[test]
fn header_fields_are_found_by_name_in_any_case() {
    let text = post("accept: text/html \r\nContent-Type: a/b\r\nAccept: c/d\r\n");
    let head = complete(&text);
    assert_eq!(head.field("Accept"), Some(&b"text/html"[..]));
    assert_eq!(head.field("content-type"), Some(&b"a/b"[..]));
    assert_eq!(head.field("Accept-Encoding"), None);
}

#[test]
fn persistence_follows_version_and_connection_options() {
    let of = |version: &str, fields: &str| {
        complete(&format!("GET /ready HTTP/{version}\r\nHost: a\r\n{fields}\r\n")).persistence
    };
    assert_eq!(of("1.1", ""), Persistence::KeepAlive);
    assert_eq!(of("1.1", "connection: Foo , CLOSE\r\n"), Persistence::Close);
    assert_eq!(of("1.0", ""), Persistence::Close);
    assert_eq!(of("1.0", "Connection: Keep-Alive\r\n"), Persistence::KeepAliveSaid);
    assert_eq!(of("1.0", "Connection: keep-alive, close\r\n"), Persistence::Close);
}

#[test]
fn framing_that_two_parsers_could_read_differently_is_refused() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: \r\n",
        "Content-Length: -1\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: ,\r\n",
        "X: a\r\n folded\r\n",
        "X: a\rb\r\n",
        "X: a\nContent-Length: 5\r\n",
        "X: a\0b\r\n",
        "Host: b\r\n",
        ": nameless\r\n",
    ] {
        assert_eq!(refused(&post(fields)), 400, "{fields:?}");
    }
}

#[test]
fn equal_content_lengths_agree() {
    assert_eq!(complete(&post("Content-Length: 5\r\ncontent-length: 05\r\n")).framing, Framing::Length(5));
}

#[test]
fn a_content_length_beyond_the_type_is_kept_as_too_large() {
    let text = post("Content-Length: 99999999999999999999999999\r\n");
    assert_eq!(complete(&text).framing, Framing::Length(usize::MAX));
}

#[test]
fn other_transfer_codings_are_not_implemented() {
    for coding in ["gzip", "gzip, chunked", "identity", "xchunked", "chunked;a=b"] {
        assert_eq!(refused(&post(&format!("Transfer-Encoding: {coding}\r\n"))), 501, "{coding}");
    }
}

#[test]
fn other_http_versions_are_told_apart_from_noise() {
    for (line, status) in [
        ("GET / HTTP/2.0\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("GET / HTTP/0.9\r\n", 505),
        ("GET / HTTP/1.2\r\n", 505),
        ("GET / FTP/1.1\r\n", 400),
        ("GET /\r\n", 400),
        ("GET  / HTTP/1.1\r\n", 400),
        ("GET /a b HTTP/1.1\r\n", 400),
        ("\x16\x03\x01\r\n", 400),
    ] {
        assert_eq!(refused(line), status, "{line:?}");
    }
}

#[test]
fn bare_line_ends_are_refused() {
    assert_eq!(refused("GET /ready HTTP/1.1\nHost: a\n\n"), 400);
    assert_eq!(refused("GET /ready HTTP/1.1\r\nHost: a\n\r\n"), 400);
    assert_eq!(refused("\nGET /ready HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

#[test]
fn a_missing_host_is_answered_with_known_framing() {
    assert!(complete("GET /ready HTTP/1.1\r\n\r\n").host_fault.is_some_and(|detail| detail.contains("needs a Host")));
    assert_eq!(complete("GET /ready HTTP/1.0\r\n\r\n").host_fault, None);
}

#[test]
fn a_host_that_is_none_is_answered_with_known_framing() {
    let is_invalid = |text: &str| complete(text).host_fault.is_some_and(|detail| detail.contains("neither a name nor"));
    for (version, host) in [("1.1", "a b/c@d"), ("1.1", "a@b"), ("1.0", "a/b"), ("1.1", "a:b")] {
        assert!(is_invalid(&format!("GET /ready HTTP/{version}\r\nHost: {host}\r\n\r\n")), "{host}");
    }
    assert!(!is_invalid("GET /ready HTTP/1.1\r\nHost:\r\n\r\n"));
    assert!(is_invalid("GET http:///ready HTTP/1.1\r\nHost: a\r\n\r\n"));
}

/// haproxy 2.6 reads this length as 0 and would take the body for the next request. What prevents it is that the
/// length is too large here, which ends the connection.
#[test]
fn a_length_of_two_to_the_64_is_no_length_of_0() {
    let text = post("Content-Length: 18446744073709551616\r\n");
    assert_eq!(complete(&text).framing, Framing::Length(usize::MAX));
}

#[test]
fn expectations_other_than_continue_fail() {
    assert!(complete(&post("Expect: 100-Continue\r\n")).expects_continue);
    assert_eq!(refused(&post("Expect: miracles\r\n")), 417);
}

#[test]
fn a_head_at_the_limit_passes_and_one_byte_more_is_too_large() {
    let head = |padding: usize| post(&format!("X: {}\r\n", "a".repeat(padding)));
    let exact = 8192 - head(0).len();
    assert_eq!(complete(&head(exact)).bytes, 8192);
    assert_eq!(refused(&head(exact + 1)), 431);
    assert_eq!(refused(&"A".repeat(8192)), 431);
}

#[test]
fn too_many_fields_are_too_large() {
    assert!(matches!(parsed(&post(&"X: 1\r\n".repeat(HEADER_FIELDS - 1))), Parsed::Complete(_)));
    assert_eq!(refused(&post(&"X: 1\r\n".repeat(HEADER_FIELDS))), 431);
}
