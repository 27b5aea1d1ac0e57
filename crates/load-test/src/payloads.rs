//! What is sent: payloads with their expected answers.

use dataset::PayloadEntry;
use schema::Decision;
use serde::Serialize;

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
    fn a_set_is_counted_as_the_contest_does() {
        let expected = payloads().expected();
        assert_eq!((expected.total, expected.fraud_count, expected.legit_count), (3, 2, 1));
        assert_eq!((expected.fraud_rate, expected.legit_rate), (0.6667, 0.3333));
        assert_eq!((expected.edge_case_count, expected.edge_case_rate), (1, 0.3333));
    }
}
