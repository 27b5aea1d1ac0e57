//! Queries through parse, vectorize and classify in this process, on one thread.

use super::clock::{Durations, Summary};
use super::report::Report;
use super::tally::{Answer, Expected, Tally};
use crate::progress::Reporter;
use crate::search_stats::Stats;
use anyhow::Result;
use dataset::PayloadEntry;
use schema::Decision;
use scoring::{Generation, Scorer};
use space::Point;
use std::time::Instant;

const PARSING: &str = "parsing";
const SEARCHING: &str = "searching";

/// How often progress is told, in queries.
const PROGRESS_EVERY: usize = 8192;

/// Every payload once, in order: all are parsed, then all are searched, so that neither disturbs the other's time.
pub fn replay_payloads(
    name: &str,
    entries: &[PayloadEntry],
    generation: Generation,
    count: bool,
    reporter: &Reporter,
) -> Result<Report> {
    let longest = entries.iter().map(|entry| entry.request.len()).max().unwrap_or(0);
    let (mut scorer, mut parse) = (Scorer::new(generation, longest), Durations::new()?);
    let mut tally = Tally::default();
    let mut parsed = Vec::with_capacity(entries.len());
    for (done, entry) in entries.iter().enumerate() {
        tell(reporter, PARSING, done, entries.len());
        let started = Instant::now();
        match scorer.read(entry.request.as_bytes()) {
            Ok(query) => {
                parse.record(started.elapsed());
                parsed.push((query, Expected { approved: entry.expected_approved, frauds: entry.expected_frauds }));
            }
            Err(error) => tally.failed(&error),
        }
    }
    tell(reporter, PARSING, entries.len(), entries.len());
    let mut search = Search::new(scorer.generation(), count)?;
    search.run(&parsed, &mut tally, reporter);
    Ok(search.report(name, tally, parse.summary()))
}

/// Vectors as queries: nothing to parse. `expected` holds the frauds of each.
pub fn replay_queries(
    name: &str,
    queries: &[Point],
    expected: &[u8],
    generation: &Generation,
    count: bool,
    reporter: &Reporter,
) -> Result<Report> {
    let (mut search, mut tally) = (Search::new(generation, count)?, Tally::default());
    let expected =
        expected.iter().map(|frauds| Expected { approved: Decision::of_frauds(*frauds).approved(), frauds: *frauds });
    let queries: Vec<_> = queries.iter().copied().zip(expected).collect();
    search.run(&queries, &mut tally, reporter);
    Ok(search.report(name, tally, None))
}

/// The second half of every replay: from vectors to answers.
struct Search<'g> {
    generation: &'g Generation,
    times: Durations,
    stats: Option<Stats>,
}

impl<'g> Search<'g> {
    fn new(generation: &'g Generation, count: bool) -> Result<Self> {
        Ok(Self { generation, times: Durations::new()?, stats: count.then(Stats::default) })
    }

    /// Each query once, in order. What they cost is counted in a pass of its own, as the timed search does not count.
    fn run(&mut self, queries: &[(Point, Expected)], tally: &mut Tally, reporter: &Reporter) {
        for (done, (query, expected)) in queries.iter().enumerate() {
            tell(reporter, SEARCHING, done, queries.len());
            let started = Instant::now();
            let decision = self.generation.decide(query);
            self.times.record(started.elapsed());
            tally.answered(*expected, answer(decision));
        }
        tell(reporter, SEARCHING, queries.len(), queries.len());
        if let Some(stats) = &mut self.stats {
            for (query, _) in queries {
                let (frauds, effort) = self.generation.index().measure(query);
                stats.add(frauds, &effort);
            }
        }
    }

    fn report(self, name: &str, tally: Tally, parse: Option<Summary>) -> Report {
        let kernel = self.generation.index().info().kernel;
        Report::in_process(name, tally, parse, self.times.summary(), self.stats, kernel)
    }
}

fn answer(decision: Decision) -> Answer {
    Answer { approved: decision.approved(), frauds: Some(decision.frauds()) }
}

fn tell(reporter: &Reporter, phase: &'static str, done: usize, total: usize) {
    if done.is_multiple_of(PROGRESS_EVERY) || done == total {
        reporter.report(phase, done as u64, total as u64);
    }
}
