//! Queries through parse, vectorize and classify in this process, on one thread.

use super::report::ReplayReport;
use crate::commands::search_stats::Stats;
use crate::console::progress::Reporter;
use anyhow::Result;
use load_test::{Answer, Durations, FaultLog, Payloads, Verdicts};
use schema::Decision;
use scoring::{Generation, Scorer};
use space::Point;
use std::sync::Arc;
use std::time::Instant;

const PARSING: &str = "parsing";
const SEARCHING: &str = "searching";

/// How often progress is told, in queries.
const PROGRESS_EVERY: usize = 8192;

/// A query that can be asked.
struct Query {
    /// Its place among all, those that cannot be asked included.
    number: usize,
    point: Point,
    expected: Decision,
}

/// The sets one after the other, by one index.
pub fn replay_payloads(
    sets: &[Payloads],
    generation: Generation,
    count: bool,
    reporter: &Reporter,
) -> Result<Vec<ReplayReport>> {
    let longest = sets.iter().flat_map(Payloads::of_transactions).map(|entry| entry.request.len()).max().unwrap_or(0);
    let mut scorer = Scorer::new(Arc::new(generation), longest);
    sets.iter().map(|set| replay_set(set, &mut scorer, count, reporter)).collect()
}

/// Every payload once, in order: all are parsed, then all are searched, so that neither disturbs the other's time.
fn replay_set(payloads: &Payloads, scorer: &mut Scorer, count: bool, reporter: &Reporter) -> Result<ReplayReport> {
    let (name, entries) = (&payloads.name, payloads.of_transactions());
    let mut parse = Durations::new()?;
    let (mut faults, mut errors) = (FaultLog::default(), 0);
    let mut queries = Vec::with_capacity(entries.len());
    for (number, entry) in entries.iter().enumerate() {
        tell(reporter, PARSING, number, entries.len());
        let started = Instant::now();
        match scorer.read(entry.request.as_bytes()) {
            Ok(point) => {
                record_since(&mut parse, started);
                queries.push(Query { number, point, expected: Decision::of_frauds(entry.expected_frauds) });
            }
            Err(error) => {
                errors += 1;
                faults.no_answer(number, &error);
            }
        }
    }
    tell(reporter, PARSING, entries.len(), entries.len());
    let mut replay = Replay { errors, faults, ..Replay::new(scorer.generation(), count)? };
    replay.search(&queries, reporter);
    Ok(replay.report(name, Some(&parse)))
}

/// Vectors as queries: nothing to parse. `expected_frauds` holds the frauds of each, of five.
pub fn replay_points(
    name: &str,
    points: &[Point],
    expected_frauds: &[u8],
    generation: &Generation,
    count: bool,
    reporter: &Reporter,
) -> Result<ReplayReport> {
    let mut replay = Replay::new(generation, count)?;
    let expected = expected_frauds.iter().map(|frauds| Decision::of_frauds(*frauds));
    let numbered = points.iter().zip(expected).enumerate();
    let queries: Vec<_> = numbered.map(|(number, (&point, expected))| Query { number, point, expected }).collect();
    replay.search(&queries, reporter);
    Ok(replay.report(name, None))
}

/// The second half of every replay: from vectors to answers.
struct Replay<'g> {
    generation: &'g Generation,
    verdicts: Verdicts,
    errors: u64,
    faults: FaultLog,
    times: Durations,
    stats: Option<Stats>,
}

impl<'g> Replay<'g> {
    fn new(generation: &'g Generation, count: bool) -> Result<Self> {
        Ok(Self {
            generation,
            verdicts: Verdicts::default(),
            errors: 0,
            faults: FaultLog::default(),
            times: Durations::new()?,
            stats: count.then(Stats::default),
        })
    }

    /// Each query once, in order. What they cost is counted in a pass of its own, as the timed search does not count.
    fn search(&mut self, queries: &[Query], reporter: &Reporter) {
        for (done, query) in queries.iter().enumerate() {
            tell(reporter, SEARCHING, done, queries.len());
            let started = Instant::now();
            let decision = self.generation.decide(&query.point);
            record_since(&mut self.times, started);
            let answer = Answer::from(decision);
            if !self.verdicts.add(query.expected, answer) {
                self.faults.wrong_answer(query.number, &Answer::from(query.expected), &answer);
            }
        }
        tell(reporter, SEARCHING, queries.len(), queries.len());
        if let Some(stats) = &mut self.stats {
            for query in queries {
                let (frauds, effort) = self.generation.index().measure(&query.point);
                stats.add(frauds, &effort);
            }
        }
    }

    /// Puts the first faults into words on stderr.
    fn report(self, name: &str, parse: Option<&Durations>) -> ReplayReport {
        for line in self.faults.lines() {
            command_line::message(line);
        }
        let kernel = self.generation.index().info().kernel;
        ReplayReport::in_process(name, &self.verdicts, self.errors, parse, &self.times, self.stats, kernel)
    }
}

pub fn record_since(durations: &mut Durations, started: Instant) {
    durations.record(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
}

fn tell(reporter: &Reporter, phase: &'static str, done: usize, total: usize) {
    if done.is_multiple_of(PROGRESS_EVERY) || done == total {
        reporter.report(phase, done as u64, total as u64);
    }
}
