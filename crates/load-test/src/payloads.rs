//! What is sent: payloads with the right answers to them.

use dataset::PayloadEntry;
use schema::Decision;
use serde::Serialize;

/// Payloads under a name.
#[derive(Clone, Debug)]
pub struct Payloads {
    /// Name of the set, or path of the file.
    pub name: String,
    /// In the order in which they are sent; each once, except in a closed loop, which begins again at the end.
    pub entries: Entries,
}

/// Payloads of one kind.
#[derive(Clone, Debug)]
pub enum Entries {
    /// The contest's, with their decisions.
    Transactions(Vec<PayloadEntry>),
    /// Those of a schema, with the answers that are right.
    Rows(Vec<RowEntry>),
}

/// A payload of a schema's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEntry {
    /// As JSON.
    pub request: String,
    /// The body of the right answer, byte for byte.
    pub answer: Vec<u8>,
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
    /// The contest's payloads under a name.
    pub fn transactions(name: impl Into<String>, entries: Vec<PayloadEntry>) -> Self {
        Self { name: name.into(), entries: Entries::Transactions(entries) }
    }

    /// Those of the contest; none of others.
    pub fn of_transactions(&self) -> &[PayloadEntry] {
        match &self.entries {
            Entries::Transactions(entries) => entries,
            Entries::Rows(_) => &[],
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.entries {
            Entries::Transactions(entries) => entries.len(),
            Entries::Rows(entries) => entries.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts the contest's; there is nothing to count of others.
    pub fn expected(&self) -> Option<Expected> {
        let Entries::Transactions(entries) = &self.entries else { return None };
        let count = |is: fn(&PayloadEntry) -> bool| entries.iter().filter(|entry| is(entry)).count() as u64;
        let total = entries.len() as u64;
        let fraud_count = count(|entry| !entry.expected_approved);
        let edge_case_count = count(|entry| entry.expected_frauds == Decision::FIRST_DENIED.frauds());
        let rate = |part: u64| (part as f64 / total.max(1) as f64 * 10_000.0).round() / 10_000.0;
        Some(Expected {
            total,
            fraud_count,
            legit_count: total - fraud_count,
            fraud_rate: rate(fraud_count),
            legit_rate: rate(total - fraud_count),
            edge_case_count,
            edge_case_rate: rate(edge_case_count),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(request: &str, expected_frauds: u8) -> PayloadEntry {
        PayloadEntry { request: request.to_owned(), expected_approved: expected_frauds < 3, expected_frauds }
    }

    fn payloads() -> Payloads {
        Payloads::transactions("some", vec![entry("{}", 0), entry("{\"a\":1}", 3), entry("{ }", 5)])
    }

    #[test]
    fn a_set_is_counted_as_the_contest_does() {
        let expected = payloads().expected().unwrap();
        assert_eq!((expected.total, expected.fraud_count, expected.legit_count), (3, 2, 1));
        assert_eq!((expected.fraud_rate, expected.legit_rate), (0.6667, 0.3333));
        assert_eq!((expected.edge_case_count, expected.edge_case_rate), (1, 0.3333));
    }
}
