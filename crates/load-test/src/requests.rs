//! Payloads as whole HTTP requests to a target, ready to be written to a socket.

use crate::payloads::{Entries, Payloads};
use crate::target::Target;
use schema::Decision;
use std::io::Write;

/// Whole HTTP requests, one behind the other in one buffer.
pub struct Requests {
    bytes: Vec<u8>,
    /// End of each.
    requests: Vec<Request>,
}

struct Request {
    end: usize,
    right: Right,
}

/// The right answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// Whatever the form of its JSON is.
    Decision(Decision),
    /// The body, byte for byte.
    Body(Box<[u8]>),
}

impl Requests {
    /// Puts the first `count` payloads into requests to `target`.
    pub fn new(payloads: &Payloads, count: usize, target: &Target) -> Self {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: ",
            target.path, target.host
        );
        let mut all = Self { bytes: Vec::new(), requests: Vec::with_capacity(count.min(payloads.len())) };
        match &payloads.entries {
            Entries::Transactions(entries) => {
                for entry in entries.iter().take(count) {
                    all.push(&head, &entry.request, Right::Decision(Decision::of_frauds(entry.expected_frauds)));
                }
            }
            Entries::Rows(entries) => {
                for entry in entries.iter().take(count) {
                    all.push(&head, &entry.request, Right::Body(entry.answer.as_slice().into()));
                }
            }
        }
        all
    }

    fn push(&mut self, head: &str, body: &str, right: Right) {
        write!(self.bytes, "{head}{}\r\n\r\n{body}", body.len()).expect("a Vec takes every write");
        self.requests.push(Request { end: self.bytes.len(), right });
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

    /// The right answer to request `number`.
    pub fn right(&self, number: usize) -> &Right {
        &self.requests[number].right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::PayloadEntry;

    #[test]
    fn requests_are_whole_and_apart() {
        let decision = |frauds| Right::Decision(Decision::of_frauds(frauds));
        let entry = |request: &str, frauds: u8| PayloadEntry {
            request: request.to_owned(),
            expected_approved: frauds < 3,
            expected_frauds: frauds,
        };
        let entries = vec![entry("{}", 0), entry("{\"a\":1}", 3), entry("{ }", 5)];
        let payloads = Payloads::transactions("some", entries);
        let target = "http://127.0.0.1:9/x".parse().unwrap();
        let requests = Requests::new(&payloads, 2, &target);
        assert_eq!(requests.len(), 2);
        let text = |number| std::str::from_utf8(requests.bytes(number)).unwrap();
        let head = "POST /x HTTP/1.1\r\nHost: 127.0.0.1:9\r\nContent-Type: application/json\r\nContent-Length: ";
        assert_eq!(text(0), format!("{head}2\r\n\r\n{{}}"));
        assert_eq!(text(1), format!("{head}7\r\n\r\n{{\"a\":1}}"));
        assert_eq!([0, 1].map(|number| requests.right(number)), [&decision(0), &decision(3)]);
    }
}
