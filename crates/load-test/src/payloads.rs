//! What is sent: payloads with their expected answers, ready to be written to a socket.

use crate::target::Target;
use clap::ValueEnum;
use dataset::{PayloadEntry, PayloadRecipe};
use schema::Decision;
use serde::Serialize;
use std::io::Write;

/// A set that can be generated, as long as needed: a longer one begins with the shorter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BuiltInSet {
    /// The contest's first published payloads: classic dates
    #[value(name = "1")]
    Preview1,
    /// The contest's second published payloads: random dates
    #[value(name = "2")]
    Preview2,
    /// A harder set: random dates, nearly half borderline
    FinalLike,
}

impl BuiltInSet {
    /// Its name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preview1 => "preview-1",
            Self::Preview2 => "preview-2",
            Self::FinalLike => "final-like",
        }
    }

    /// How it is drawn; `count` is as published.
    pub const fn recipe(self) -> PayloadRecipe {
        match self {
            Self::Preview1 => PayloadRecipe::PREVIEW_1,
            Self::Preview2 => PayloadRecipe::PREVIEW_2,
            Self::FinalLike => PayloadRecipe::FINAL_LIKE,
        }
    }
}

/// Payloads under a name.
#[derive(Clone, Debug)]
pub struct Payloads {
    /// Name of the set, or path of the file.
    pub name: String,
    /// In the order in which they are sent; each once, except in a closed loop, which begins again at the end.
    pub entries: Vec<PayloadEntry>,
}

/// What a set holds; `expected` of the contest's `results.json`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// Payloads.
    pub total: u64,
    /// Those to be denied.
    pub fraud_count: u64,
    /// Those to be approved.
    pub legit_count: u64,
    /// Share of those to be denied, to four decimals.
    pub fraud_rate: f64,
    /// Share of those to be approved, to four decimals.
    pub legit_rate: f64,
    /// Those with a score of exactly 0.6.
    pub edge_case_count: u64,
    /// Their share, to four decimals.
    pub edge_case_rate: f64,
}

impl Payloads {
    /// Counts them.
    pub fn expected(&self) -> Expected {
        let count = |is: fn(&PayloadEntry) -> bool| self.entries.iter().filter(|entry| is(entry)).count() as u64;
        let total = self.entries.len() as u64;
        let fraud_count = count(|entry| !entry.expected_approved);
        let edge_case_count = count(|entry| entry.expected_frauds == Decision::FIRST_DENIED.frauds());
        let rate = |part: u64| (part as f64 / total.max(1) as f64 * 10_000.0).round() / 10_000.0;
        Expected {
            total,
            fraud_count,
            legit_count: total - fraud_count,
            fraud_rate: rate(fraud_count),
            legit_rate: rate(total - fraud_count),
            edge_case_count,
            edge_case_rate: rate(edge_case_count),
        }
    }
}

/// Whole HTTP requests, one behind the other.
pub struct Requests {
    bytes: Vec<u8>,
    /// End of each.
    requests: Vec<Request>,
}

struct Request {
    end: usize,
    expected_approved: bool,
    expected_frauds: u8,
}

impl Requests {
    /// Puts the first `count` payloads into requests to `target`.
    pub fn new(payloads: &Payloads, count: usize, target: &Target) -> Self {
        let entries = &payloads.entries[..count.min(payloads.entries.len())];
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: ",
            target.path, target.host
        );
        let room = entries.iter().map(|entry| head.len() + entry.request.len() + "12345\r\n\r\n".len()).sum();
        let mut bytes = Vec::with_capacity(room);
        let mut requests = Vec::with_capacity(entries.len());
        for entry in entries {
            write!(bytes, "{head}{}\r\n\r\n{}", entry.request.len(), entry.request).expect("a Vec takes every write");
            let PayloadEntry { expected_approved, expected_frauds, .. } = *entry;
            requests.push(Request { end: bytes.len(), expected_approved, expected_frauds });
        }
        Self { bytes, requests }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// The bytes of request `number`, counted from 0.
    pub fn bytes(&self, number: usize) -> &[u8] {
        let start = if number == 0 { 0 } else { self.requests[number - 1].end };
        &self.bytes[start..self.requests[number].end]
    }

    /// (approved, frauds of five) of its right answer.
    pub fn expected(&self, number: usize) -> (bool, u8) {
        let request = &self.requests[number];
        (request.expected_approved, request.expected_frauds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(request: &str, expected_frauds: u8) -> PayloadEntry {
        PayloadEntry { request: request.to_owned(), expected_approved: expected_frauds < 3, expected_frauds }
    }

    fn payloads() -> Payloads {
        Payloads { name: "some".to_owned(), entries: vec![entry("{}", 0), entry("{\"a\":1}", 3), entry("{ }", 5)] }
    }

    #[test]
    fn requests_are_whole_and_apart() {
        let target = "http://127.0.0.1:9/x".parse().unwrap();
        let requests = Requests::new(&payloads(), 2, &target);
        assert_eq!(requests.len(), 2);
        let text = |number| std::str::from_utf8(requests.bytes(number)).unwrap();
        let head = "POST /x HTTP/1.1\r\nHost: 127.0.0.1:9\r\nContent-Type: application/json\r\nContent-Length: ";
        assert_eq!(text(0), format!("{head}2\r\n\r\n{{}}"));
        assert_eq!(text(1), format!("{head}7\r\n\r\n{{\"a\":1}}"));
        assert_eq!((requests.expected(0), requests.expected(1)), ((true, 0), (false, 3)));
    }

    #[test]
    fn a_set_is_counted_as_the_contest_does() {
        let expected = payloads().expected();
        assert_eq!((expected.total, expected.fraud_count, expected.legit_count), (3, 2, 1));
        assert_eq!((expected.fraud_rate, expected.legit_rate), (0.6667, 0.3333));
        assert_eq!((expected.edge_case_count, expected.edge_case_rate), (1, 0.3333));
    }
}
