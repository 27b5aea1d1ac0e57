//! What a replay prints.

use crate::commands::search_stats::{Stats, table};
use crate::console::output::print_line;
use crate::console::progress::thousands;
use anyhow::Result;
use load_test::{Durations, Nanoseconds, Results, Target, Verdicts};
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Instant;

/// Samples taken to find what reading the clock costs.
const CLOCK_SAMPLES: u32 = 100_000;

/// The result of one replay; its JSON has these keys.
#[derive(Debug, Serialize)]
pub struct ReplayReport {
    set: String,
    queries: u64,
    false_positives: u64,
    false_negatives: u64,
    errors: u64,
    count_mismatches: u64,
    frauds_of_5: [u64; 6],
    parse_ns: Option<Nanoseconds>,
    search_ns: Option<Nanoseconds>,
    http_ns: Option<Nanoseconds>,
    /// One reading of the clock, contained once in every sample above.
    clock_ns: f64,
    kernel: Option<&'static str>,
    through: Option<String>,
    /// What searches looked at, if counted.
    stats: Option<Stats>,
    #[serde(skip)]
    wrong_answers: u64,
}

impl ReplayReport {
    /// Of a replay in this process.
    pub fn in_process(
        set: &str,
        verdicts: &Verdicts,
        errors: u64,
        parse: Option<&Durations>,
        search: &Durations,
        stats: Option<Stats>,
        kernel: &'static str,
    ) -> Self {
        let parse_ns = parse.and_then(Durations::nanoseconds);
        let report = Self::of(set, verdicts, errors);
        Self { parse_ns, search_ns: search.nanoseconds(), stats, kernel: Some(kernel), ..report }
    }

    /// Of a replay over HTTP.
    pub fn through(set: &str, results: &Results, target: &Target) -> Self {
        let tally = &results.tally;
        let report = Self::of(set, &tally.verdicts, tally.errors.total());
        Self { http_ns: tally.service.nanoseconds(), through: Some(target.to_string()), ..report }
    }

    fn of(set: &str, verdicts: &Verdicts, errors: u64) -> Self {
        Self {
            set: set.to_owned(),
            queries: verdicts.total() + errors,
            false_positives: verdicts.confusion.false_positives,
            false_negatives: verdicts.confusion.false_negatives,
            errors,
            count_mismatches: verdicts.count_mismatches,
            frauds_of_5: verdicts.frauds_of_5,
            parse_ns: None,
            search_ns: None,
            http_ns: None,
            clock_ns: clock_cost_ns(),
            kernel: None,
            through: None,
            stats: None,
            wrong_answers: verdicts.wrong(),
        }
    }

    /// No wrong answer and no missing one.
    pub fn all_right(&self) -> bool {
        self.errors + self.wrong_answers == 0
    }

    /// Answers that are not the expected ones.
    pub fn wrong_answers(&self) -> u64 {
        self.wrong_answers
    }

    /// Prints to stdout.
    pub fn print(&self, json: bool) -> Result<()> {
        let text = if json { serde_json::to_string_pretty(self)? } else { self.text()? };
        print_line(&text)
    }

    fn text(&self) -> Result<String> {
        let mut text = String::new();
        let by = match (&self.through, self.kernel) {
            (Some(url), _) => format!("through {url}"),
            (None, Some(kernel)) => format!("in process, kernel {kernel}"),
            (None, None) => "in process".to_owned(),
        };
        writeln!(text, "{}, {by}", self.set)?;
        writeln!(text, "  queries            {:>9}", thousands(self.queries))?;
        writeln!(text, "  false positives    {:>9}", thousands(self.false_positives))?;
        writeln!(text, "  false negatives    {:>9}", thousands(self.false_negatives))?;
        writeln!(text, "  errors             {:>9}", thousands(self.errors))?;
        writeln!(text, "  count mismatches   {:>9}", thousands(self.count_mismatches))?;
        let counts = self.frauds_of_5.map(|count| count.to_string()).join(" ");
        writeln!(text, "  answers by frauds of 5, from 0 to 5: {counts}")?;
        writeln!(text, "  ns per query       {:>9} {:>9} {:>9} {:>9}", "mean", "p50", "p99", "p99.9")?;
        for (name, summary) in [("parse", self.parse_ns), ("search", self.search_ns), ("http", self.http_ns)] {
            if let Some(Nanoseconds { mean, p50, p99, p999 }) = summary {
                writeln!(text, "    {name:<16} {mean:>9.0} {p50:>9} {p99:>9} {p999:>9}")?;
            }
        }
        if let Some(stats) = &self.stats {
            text += &table(&stats.rows())?;
        }
        write!(text, "  (each figure in ns holds one reading of the clock: {:.0} ns)", self.clock_ns)?;
        Ok(text)
    }
}

/// What one reading of the clock costs here and now, in nanoseconds.
fn clock_cost_ns() -> f64 {
    let start = Instant::now();
    let mut last = start;
    for _ in 0..CLOCK_SAMPLES {
        last = std::hint::black_box(Instant::now());
    }
    let mean = last.duration_since(start).as_nanos() as f64 / f64::from(CLOCK_SAMPLES);
    (mean * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_documented_keys_and_null_for_what_was_not_measured() {
        let mut search = Durations::new().unwrap();
        search.record(2);
        let report = ReplayReport::in_process("preview-1", &Verdicts::default(), 0, None, &search, None, "avx2");
        assert!(report.all_right());
        let json = serde_json::to_value(&report).unwrap();
        for key in ["queries", "false_positives", "false_negatives", "errors", "count_mismatches"] {
            assert_eq!(json[key], 0, "{key}");
        }
        assert!(json["parse_ns"].is_null() && json["http_ns"].is_null());
        assert_eq!(json["search_ns"], serde_json::json!({"mean": 2.0, "p50": 2, "p99": 2, "p999": 2}));
    }

    #[test]
    fn a_missing_answer_is_an_error_and_no_decision() {
        let report = ReplayReport::of("preview-1", &Verdicts::default(), 1);
        assert_eq!((report.queries, report.wrong_answers(), report.all_right()), (1, 0, false));
    }
}
