//! Reading and writing payload files.

use crate::common::message;
use dataset::{DataError, Payload, PayloadEntry, read_payloads, write_payloads};
use flate2::Compression;
use flate2::write::GzEncoder;
use space::{DIMENSIONS, Point};
use std::io::Write;

const SHA256: &str = "24a1";

fn payload(request: &str, expected_frauds: u8) -> Payload {
    Payload { request: request.to_owned(), query: Point::new([0; DIMENSIONS]).unwrap(), expected_frauds }
}

fn write(payloads: &[Payload]) -> String {
    let mut text = Vec::new();
    write_payloads(payloads, SHA256, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn file_of(entries: &str) -> String {
    format!(r#"{{"references_checksum_sha256":"24a1","stats":{{}},"entries":[{entries}]}}"#)
}

fn entry(request: &str, approved: &str, score: &str) -> String {
    format!(r#"{{"request":{request},"expected_approved":{approved},"expected_fraud_score":{score}}}"#)
}

/// The message for a file of one good entry and then `entry`, which must be blamed.
fn refusal_of(bad: &str) -> String {
    let error = read_payloads(file_of(&format!("{},{bad}", entry("{}", "true", "0"))).as_bytes()).unwrap_err();
    assert!(matches!(error, DataError::Payload { entry: 1, .. }), "{error:?}");
    message(&error)
}

#[track_caller]
fn assert_contains(message: &str, part: &str) {
    assert!(message.contains(part), "{message:?} lacks {part:?}");
}

#[test]
fn written_file_has_the_published_shape() {
    let payloads = [payload(r#"{"id":"a"}"#, 0), payload(r#"{"id":"b"}"#, 3), payload(r#"{"id":"c"}"#, 5)];
    let text = concat!(
        r#"{"references_checksum_sha256":"24a1","#,
        r#""stats":{"total":3,"fraud_count":2,"legit_count":1,"fraud_rate":0.6667,"legit_rate":0.3333,"#,
        r#""edge_case_count":1,"edge_case_rate":0.3333},"entries":["#,
        r#"{"request":{"id":"a"},"expected_approved":true,"expected_fraud_score":0},"#,
        r#"{"request":{"id":"b"},"expected_approved":false,"expected_fraud_score":0.6},"#,
        r#"{"request":{"id":"c"},"expected_approved":false,"expected_fraud_score":1}]}"#,
        "\n"
    );
    assert_eq!(write(&payloads), text);
}

#[test]
fn no_payloads_give_rates_of_zero() {
    let text = write(&[]);
    assert_contains(&text, r#""total":0,"fraud_count":0,"legit_count":0,"fraud_rate":0,"legit_rate":0,"#);
    assert_eq!(read_payloads(text.as_bytes()).unwrap(), []);
}

#[test]
fn every_answer_is_read_as_it_was_written() {
    let payloads: Vec<Payload> = (0..=5).map(|frauds| payload(&format!(r#"{{"id":{frauds}}}"#), frauds)).collect();
    let entries = read_payloads(write(&payloads).as_bytes()).unwrap();
    let expected: Vec<PayloadEntry> = (0..=5)
        .map(|frauds| PayloadEntry {
            request: format!(r#"{{"id":{frauds}}}"#),
            expected_approved: frauds < 3,
            expected_frauds: frauds,
        })
        .collect();
    assert_eq!(entries, expected);
}

#[test]
fn requests_keep_their_text() {
    let request = "{ \"z\" : 1.50,\n \"id\":\"\\u00e9\", \"a\":null }";
    let entries = read_payloads(file_of(&entry(request, "true", "0.4")).as_bytes()).unwrap();
    assert_eq!(entries[0].request, request);
}

#[test]
fn keys_that_are_not_needed_are_passed_over() {
    let text = r#"{"of":"x","entries":[{"expected_fraud_score":1.0,"info":{},"expected_approved":false,"request":{}}],"n":[]}"#;
    assert_eq!(read_payloads(text.as_bytes()).unwrap()[0].expected_frauds, 5);
}

#[test]
fn gzip_is_recognised() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file_of(&entry("{}", "true", "0.2")).as_bytes()).unwrap();
    let entries = read_payloads(&encoder.finish().unwrap()[..]).unwrap();
    assert_eq!(entries[0].expected_frauds, 1);
}

#[test]
fn score_that_is_no_fifth_is_refused() {
    for score in ["0.5", "1.2", "-0.2", "0.6000000000000001", "6", "1e300"] {
        assert_contains(&refusal_of(&entry("{}", "false", score)), "not a fifth of 0 to 5");
    }
}

#[test]
fn approval_that_contradicts_its_score_is_refused() {
    assert_contains(&refusal_of(&entry("{}", "true", "0.6")), "expected_approved is true at expected_fraud_score 0.6");
    assert_contains(
        &refusal_of(&entry("{}", "false", "0.4")),
        "expected_approved is false at expected_fraud_score 0.4",
    );
}

#[test]
fn request_that_is_no_object_is_refused() {
    for request in ["1", "null", "[]", "\"{}\""] {
        assert_contains(&refusal_of(&entry(request, "true", "0")), "the request is no object");
    }
}

#[test]
fn missing_and_duplicate_keys_are_refused() {
    assert_contains(&refusal_of(r#"{"request":{},"expected_approved":true}"#), "missing field `expected_fraud_score`");
    let twice = r#"{"request":{},"request":{},"expected_approved":true,"expected_fraud_score":0}"#;
    assert_contains(&refusal_of(twice), "duplicate field `request`");
}

#[test]
fn file_without_entries_is_refused() {
    for (text, part) in [
        ("{}", "missing field `entries`"),
        ("[]", "expected an object with entries"),
        (r#"{"entries":[],"entries":[]}"#, "duplicate field `entries`"),
        (r#"{"entries":{}}"#, "expected an array of entries"),
        (" ", "EOF"),
        (r#"{"entries":[]} x"#, "trailing characters"),
    ] {
        let error = read_payloads(text.as_bytes()).unwrap_err();
        assert!(matches!(error, DataError::Shape { .. }), "{text:?}: {error:?}");
        assert_contains(&message(&error), part);
    }
}

#[test]
fn every_truncation_is_refused() {
    let text = file_of(&entry(r#"{"id":"a"}"#, "true", "0.2"));
    for length in 0..text.len() {
        assert!(read_payloads(&text.as_bytes()[..length]).is_err(), "{length} of {} bytes were read", text.len());
    }
}
