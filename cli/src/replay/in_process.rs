//! Queries through parse, vectorize and classify in this process, on one thread.

use super::clock::Durations;
use super::report::Report;
use super::tally::{Answer, Expected, Tally};
use crate::progress::Reporter;
use anyhow::Result;
use dataset::PayloadEntry;
use index::Index;
use std::time::Instant;
use transaction::{Parser, Query};

const PHASE: &str = "replaying";

/// How often progress is told, in queries.
const PROGRESS_EVERY: usize = 8192;

/// Every payload once, in order, like a server would answer it.
pub fn replay_payloads(name: &str, entries: &[PayloadEntry], index: &Index<'_>, reporter: &Reporter) -> Result<Report> {
    let longest = entries.iter().map(|entry| entry.request.len()).max().unwrap_or(0);
    let mut parser = Parser::new(longest);
    let (mut tally, mut parse, mut search) = (Tally::default(), Durations::new()?, Durations::new()?);
    for (done, entry) in entries.iter().enumerate() {
        tell(reporter, done, entries.len());
        let started = Instant::now();
        let query = match parser.parse(entry.request.as_bytes()) {
            Ok(transaction) => index.rules().vectorize(&transaction),
            Err(error) => {
                tally.failed(&error);
                continue;
            }
        };
        let parsed = Instant::now();
        let frauds = index.classify(&query);
        let searched = Instant::now();
        parse.record(parsed - started);
        search.record(searched - parsed);
        let expected = Expected { approved: entry.expected_approved, frauds: entry.expected_frauds };
        tally.answered(expected, answer(frauds));
    }
    tell(reporter, entries.len(), entries.len());
    Ok(Report::in_process(name, tally, parse.summary(), search.summary(), index.info().kernel))
}

/// Vectors as queries: nothing to parse. `expected` holds the frauds of each.
pub fn replay_queries(
    name: &str,
    queries: &[Query],
    expected: &[u8],
    index: &Index<'_>,
    reporter: &Reporter,
) -> Result<Report> {
    let (mut tally, mut search) = (Tally::default(), Durations::new()?);
    for (done, (query, &frauds)) in queries.iter().zip(expected).enumerate() {
        tell(reporter, done, queries.len());
        let started = Instant::now();
        let found = index.classify(query);
        search.record(started.elapsed());
        tally.answered(Expected { approved: frauds < 3, frauds }, answer(found));
    }
    tell(reporter, queries.len(), queries.len());
    Ok(Report::in_process(name, tally, None, search.summary(), index.info().kernel))
}

fn answer(frauds: u8) -> Answer {
    Answer { approved: frauds < 3, frauds: Some(frauds) }
}

fn tell(reporter: &Reporter, done: usize, total: usize) {
    if done.is_multiple_of(PROGRESS_EVERY) || done == total {
        reporter.report(PHASE, done as u64, total as u64);
    }
}
