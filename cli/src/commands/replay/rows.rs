//! Rows of a table of one's own as payloads: through parse and search in this process against brute force over the table, or
//! through a running service against the index.

use super::in_process::record_since;
use super::through;
use crate::cache::data::DataFolder;
use crate::cache::index_image;
use crate::commands::own_data::OwnRows;
use crate::commands::own_payloads::{own_payloads, own_requests};
use crate::console::output::print_line;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result, anyhow};
use dataset::SchemaRows;
use index::knn::{Found, NearestRows};
use load_test::{Durations, FaultLog, Nanoseconds, Target};
use rayon::prelude::*;
use schema::PayloadReader;
use scoring::RowGeneration;
use serde::Serialize;
use space::row_distance;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The result of a replay of rows; its JSON has these keys.
#[derive(Debug, Serialize)]
pub struct RowReplay {
    set: String,
    queries: u64,
    /// Other rows or distances than brute force finds, or another answer than the index gives.
    wrong: u64,
    errors: u64,
    parse_ns: Option<Nanoseconds>,
    search_ns: Option<Nanoseconds>,
    http_ns: Option<Nanoseconds>,
    kernel: Option<&'static str>,
    through: Option<String>,
}

/// A row that brute force found: its squared distance and its number.
type Near = (f64, u32);

/// `count` payloads through a running service: each answer is to be that of the index.
///
/// # Errors
///
/// The index cannot be had, or nobody answers.
pub fn through_service(
    rows: &OwnRows,
    folder: &DataFolder,
    count: u64,
    target: &Target,
    reporter: &Reporter,
) -> Result<RowReplay> {
    let payloads = own_payloads(rows, folder, Some(count), reporter)?;
    let results = through::send(&payloads, target, reporter)?;
    let tally = &results.tally;
    Ok(RowReplay {
        set: payloads.name,
        queries: tally.verdicts.total() + tally.errors.total(),
        wrong: tally.verdicts.wrong(),
        errors: tally.errors.total(),
        parse_ns: None,
        search_ns: None,
        http_ns: tally.service.nanoseconds(),
        kernel: None,
        through: Some(target.to_string()),
    })
}

/// `count` payloads in this process: the rows found are to be those that are nearest among all rows of the table.
///
/// # Errors
///
/// The index or the table cannot be had.
pub fn in_process(rows: &OwnRows, folder: &DataFolder, count: u64, reporter: &Reporter) -> Result<RowReplay> {
    let generation = index_image::open_rows(&rows.index(folder, reporter)?)?;
    let requests = own_requests(&generation, count)?;
    let (plan, dimensions) = (generation.plan(), generation.plan().dimensions());
    let mut reader = PayloadReader::new(requests.iter().map(String::len).max().unwrap_or(0));
    let (mut parse, mut faults) = (Durations::new()?, FaultLog::default());
    let mut queries = vec![0.0; requests.len() * dimensions];
    for (number, (request, query)) in requests.iter().zip(queries.chunks_exact_mut(dimensions)).enumerate() {
        let started = Instant::now();
        let read = reader.vectorize(plan, request.as_bytes(), query);
        record_since(&mut parse, started);
        read.map_err(|error| anyhow!("{error}")).with_context(|| format!("payload {number}: {request}"))?;
    }
    let expected = brute_force(&generation, &rows.read(plan.clone(), reporter)?, &queries, reporter);
    let (mut search, mut wrong, k) = (Durations::new()?, 0, plan.schema().k());
    let mut nearest = NearestRows::with_room_for(k);
    for (number, (query, expected)) in queries.chunks_exact(dimensions).zip(&expected).enumerate() {
        let started = Instant::now();
        let found = generation.index().search(query, k, &mut nearest);
        record_since(&mut search, started);
        let found: Vec<Near> = found?.iter().map(|Found { distance, row, .. }| (*distance, *row)).collect();
        if found != *expected {
            wrong += 1;
            faults.wrong_answer(number, &format_args!("{expected:?}"), &format_args!("{found:?}"));
        }
    }
    for line in faults.lines() {
        command_line::message(line);
    }
    Ok(RowReplay {
        set: rows.named(),
        queries: requests.len() as u64,
        wrong,
        errors: 0,
        parse_ns: parse.nanoseconds(),
        search_ns: search.nanoseconds(),
        http_ns: None,
        kernel: Some(generation.index().info().kernel),
        through: None,
    })
}

/// The k nearest of all rows to each query, nearest first, ties by the lower row, on all cores.
fn brute_force(generation: &RowGeneration, table: &SchemaRows, queries: &[f32], reporter: &Reporter) -> Vec<Vec<Near>> {
    let (dimensions, k) = (generation.plan().dimensions(), generation.plan().schema().k());
    let weights: Vec<f64> = generation.index().dimensions().iter().map(|dimension| dimension.weight).collect();
    let (done, total) = (AtomicU64::new(0), (queries.len() / dimensions) as u64);
    let nearest = |query: &[f32]| {
        let mut near: Vec<Near> = Vec::with_capacity(k + 1);
        for (row, values) in (0..).zip(table.values.chunks_exact(dimensions)) {
            let distance = row_distance(query, values, &weights);
            if near.len() == k && distance >= near[k - 1].0 {
                // a later row of an equal distance comes behind
                continue;
            }
            let place = near.partition_point(|(other, _)| *other <= distance);
            near.insert(place, (distance, row));
            near.truncate(k);
        }
        reporter.report("brute force", done.fetch_add(1, Ordering::Relaxed) + 1, total);
        near
    };
    queries.par_chunks_exact(dimensions).map(nearest).collect()
}

impl RowReplay {
    /// No wrong answer and no missing one.
    pub fn all_right(&self) -> bool {
        self.wrong + self.errors == 0
    }

    /// Prints to stdout.
    ///
    /// # Errors
    ///
    /// Nobody takes it.
    pub fn print(&self, json: bool) -> Result<()> {
        print_line(&if json { serde_json::to_string_pretty(self)? } else { self.text()? })
    }

    fn text(&self) -> Result<String> {
        let mut text = String::new();
        let by = match (&self.through, self.kernel) {
            (Some(url), _) => format!("through {url}, against the index"),
            (None, kernel) => format!("in process, kernel {}, against brute force", kernel.unwrap_or("unknown")),
        };
        writeln!(text, "{}, {by}", self.set)?;
        for (name, count) in [("queries", self.queries), ("wrong", self.wrong), ("errors", self.errors)] {
            writeln!(text, "  {name:<18} {:>9}", thousands(count))?;
        }
        for (name, times) in [("parse", self.parse_ns), ("search", self.search_ns), ("http", self.http_ns)] {
            let Some(Nanoseconds { mean, p50, p99, p999 }) = times else { continue };
            writeln!(text, "  {name:<9} mean {mean:>9.0} p50 {p50:>9} p99 {p99:>9} p999 {p999:>9}  ns")?;
        }
        Ok(text.trim_end().to_owned())
    }
}
