//! What a replay prints.

use super::clock::{Summary, clock_cost_ns};
use super::tally::Tally;
use crate::output::print_line;
use crate::progress::thousands;
use crate::search_stats::{Stats, table};
use anyhow::Result;
use serde::Serialize;
use std::fmt::Write as _;

/// The result of one replay; its JSON has these keys.
#[derive(Debug, Serialize)]
pub struct Report {
    set: String,
    queries: u64,
    false_positives: u64,
    false_negatives: u64,
    errors: u64,
    count_mismatches: u64,
    frauds_of_5: [u64; 6],
    parse_ns: Option<Summary>,
    search_ns: Option<Summary>,
    http_ns: Option<Summary>,
    /// One reading of the clock, contained once in every sample above.
    clock_ns: f64,
    kernel: Option<&'static str>,
    through: Option<String>,
    /// What searches looked at, if counted.
    stats: Option<Stats>,
    #[serde(skip)]
    all_right: bool,
}

impl Report {
    /// Of a replay in this process.
    pub fn in_process(
        set: &str,
        tally: Tally,
        parse_ns: Option<Summary>,
        search_ns: Option<Summary>,
        stats: Option<Stats>,
        kernel: &'static str,
    ) -> Self {
        Self { parse_ns, search_ns, stats, kernel: Some(kernel), ..Self::of(set, &tally) }
    }

    /// Of a replay over HTTP.
    pub fn through(set: &str, tally: Tally, http_ns: Option<Summary>, url: &str) -> Self {
        Self { http_ns, through: Some(url.to_owned()), ..Self::of(set, &tally) }
    }

    fn of(set: &str, tally: &Tally) -> Self {
        Self {
            set: set.to_owned(),
            queries: tally.queries,
            false_positives: tally.false_positives,
            false_negatives: tally.false_negatives,
            errors: tally.errors,
            count_mismatches: tally.count_mismatches,
            frauds_of_5: tally.frauds_of_5,
            parse_ns: None,
            search_ns: None,
            http_ns: None,
            clock_ns: clock_cost_ns(),
            kernel: None,
            through: None,
            stats: None,
            all_right: tally.all_right(),
        }
    }

    /// No wrong answer and no missing one.
    pub fn all_right(&self) -> bool {
        self.all_right
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
            if let Some(Summary { mean, p50, p99, p999 }) = summary {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_documented_keys_and_null_for_what_was_not_measured() {
        let summary = Summary { mean: 1.5, p50: 1, p99: 2, p999: 3 };
        let report = Report::in_process("preview-1", Tally::default(), None, Some(summary), None, "avx2");
        let json = serde_json::to_value(&report).unwrap();
        for key in ["queries", "false_positives", "false_negatives", "errors", "count_mismatches"] {
            assert_eq!(json[key], 0, "{key}");
        }
        assert!(json["parse_ns"].is_null() && json["http_ns"].is_null());
        assert_eq!(json["search_ns"], serde_json::json!({"mean": 1.5, "p50": 1, "p99": 2, "p999": 3}));
    }
}
