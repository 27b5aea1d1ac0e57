//! Results for people.

use crate::durations::Quantiles;
use crate::pairs::Pairs;
use crate::report::LoadReport;
use std::fmt::{self, Display};

/// A run as a few lines.
pub struct RunText<'a>(pub &'a LoadReport);

/// Runs in pairs as a table.
pub struct PairsText<'a>(pub &'a Pairs);

impl Display for RunText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "{} with {} against {}", report.plan, report.payloads, report.target)?;
        let planned = report.planned.map(|planned| format!(" of {planned}")).unwrap_or_default();
        writeln!(
            f,
            "  sent {}{planned} in {:.1} s on {} connections, answered {}, errors {}, dropped {}",
            report.sent, report.seconds, report.connections.open, report.answered, report.errors, report.dropped
        )?;
        if let Some(rate) = &report.rate {
            let (slowest, fastest) = (rate.slowest_second, rate.fastest_second);
            writeln!(f, "  held {:.0}/s (seconds from {slowest:.0} to {fastest:.0})", rate.held)?;
        }
        write_answers(f, report)?;
        writeln!(f, "  {:<9} {:>9} {:>9} {:>9} {:>9} {:>9}  ms", "", "p50", "p90", "p99", "p999", "max")?;
        write_quantiles(f, "latency", &report.latency_ms, "from the intended time")?;
        write_quantiles(f, "service", &report.service_ms, "from the actual sending, as the contest counts")?;
        if report.rate.is_none() {
            write_quantiles(f, "lateness", &report.lateness_ms, "of the generator itself")?;
        }
        if let Some(score) = &report.score {
            writeln!(
                f,
                "  score {:.2} = p99 {:.2} + detection {:.2}",
                score.final_score, score.p99_score, score.detection_score
            )?;
        }
        write_doubts(f, report)
    }
}

fn write_answers(f: &mut fmt::Formatter<'_>, report: &LoadReport) -> fmt::Result {
    match report.different {
        Some(different) => writeln!(f, "  answers other than the index of the rows gives {different}")?,
        None => writeln!(
            f,
            "  false positives {}, false negatives {}, right decisions with a wrong score {}",
            report.false_positives, report.false_negatives, report.wrong_scores
        )?,
    }
    if report.errors > 0 {
        let kinds = &report.errors_by_kind;
        let first = report.first_error.as_deref().unwrap_or("unknown");
        writeln!(
            f,
            "  errors: {} by status, {} broken, {} connections, {} timed out; the first: {first}",
            kinds.status, kinds.broken, kinds.connection, kinds.timed_out
        )?;
    }
    Ok(())
}

fn write_quantiles(f: &mut fmt::Formatter<'_>, name: &str, ms: &Quantiles, what: &str) -> fmt::Result {
    let Quantiles { p50, p90, p99, p999, max } = ms;
    writeln!(f, "  {name:<9} {p50:>9.3} {p90:>9.3} {p99:>9.3} {p999:>9.3} {max:>9.3}  {what}")
}

fn write_doubts(f: &mut fmt::Formatter<'_>, report: &LoadReport) -> fmt::Result {
    if !report.complete {
        writeln!(f, "INCOMPLETE: interrupted, {} requests unfinished", report.unfinished)?;
    }
    for doubt in &report.invalid_because {
        writeln!(f, "NOT VALID: {doubt}")?;
    }
    Ok(())
}

impl Display for PairsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.0;
        for report in pairs.noise.iter().chain(&pairs.runs) {
            write!(f, "{}", RunText(report))?;
        }
        writeln!(f, "B {} to A {}, {} pairs", pairs.against, pairs.target, pairs.runs.len() / 2)?;
        writeln!(f, "  {:<13} {:>6}  {:^15}  A to A", "", "B to A", "from .. to")?;
        for ratio in &pairs.ratios {
            let spread = format!("{:.3} .. {:.3}", ratio.least, ratio.most);
            writeln!(f, "  {:<13} {:>6.3}  {spread:^15}  {:.3}", ratio.of, ratio.mean, ratio.noise)?;
        }
        if !pairs.complete {
            writeln!(f, "INCOMPLETE: interrupted")?;
        }
        if !pairs.valid {
            writeln!(f, "NOT VALID: at least one run was not, see above")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn doubts_are_said_loudly() {
        let mut report = example();
        assert!(!RunText(&report).to_string().contains("NOT VALID"));
        report.invalid_because = vec!["the generator was late".to_owned()];
        report.complete = false;
        let text = RunText(&report).to_string();
        assert!(text.contains("NOT VALID: the generator was late") && text.contains("INCOMPLETE"), "{text}");
    }

    #[test]
    fn errors_name_the_first_of_them() {
        let mut report = example();
        report.errors = 2;
        report.errors_by_kind.status = 2;
        report.first_error = Some("an answer with status 503".to_owned());
        let text = RunText(&report).to_string();
        assert!(text.contains("2 by status") && text.contains("status 503"), "{text}");
    }
}
