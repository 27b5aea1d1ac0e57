//! The result of a run: what it found, whether it can be believed, and what it is worth.

use crate::durations::Quantiles;
use crate::errors::Errors;
use crate::payloads::{Expected, Payloads};
use crate::results::{ConnectionCounts, Ending, Rates, Results};
use crate::score::Score;
use crate::target::Target;
use crate::test::Test;
use serde::Serialize;

/// Requests that left later than this were not the test that was planned.
pub(crate) const LATENESS_P99_LIMIT_MS: f64 = 0.5;
/// A run that sent less of its plan was another plan.
pub(crate) const SENT_SHARE_LIMIT: f64 = 0.995;

/// See `schema/result.schema.json`, which is the committed form of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadReport {
    /// Where requests went.
    pub target: String,
    /// What was sent when.
    pub plan: String,
    /// Which payloads.
    pub payloads: String,
    /// Whether the plan was carried through; false after Ctrl-C.
    pub complete: bool,
    /// Whether the generator did what was planned. Says nothing about the target.
    pub valid: bool,
    /// Why not.
    pub invalid_because: Vec<String>,
    /// Requests of the plan; none in a closed loop.
    pub planned: Option<u64>,
    /// Requests sent: answered, errors and unfinished ones.
    pub sent: u64,
    /// Answers that decide something, right or wrong.
    pub answered: u64,
    /// Requests without such an answer.
    pub errors: u64,
    /// The same, by what went wrong.
    pub errors_by_kind: Errors,
    /// What went wrong first.
    pub first_error: Option<String>,
    /// Requests under way when the run was interrupted.
    pub unfinished: u64,
    /// Requests not sent because all connections were busy.
    pub dropped: u64,
    /// Frauds denied.
    pub true_positives: u64,
    /// Others approved.
    pub true_negatives: u64,
    /// Others denied.
    pub false_positives: u64,
    /// Frauds approved.
    pub false_negatives: u64,
    /// Right decisions with another score than expected.
    pub wrong_scores: u64,
    /// Answers to payloads of a schema's own that are not the right ones; none of the contest's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub different: Option<u64>,
    /// From the start to the last answer.
    pub seconds: f64,
    /// Answers per second; of a closed loop only.
    pub rate: Option<Rates>,
    /// How many connections were used.
    pub connections: ConnectionCounts,
    /// From the intended time to the whole answer, time-outs included.
    pub latency_ms: Quantiles,
    /// From the actual sending: what the contest measures.
    pub service_ms: Quantiles,
    /// Of the generator itself, from the intended time to its turn to the request.
    pub lateness_ms: Quantiles,
    /// By the contest's formula; of the contest's payloads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// What the contest's payload set holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
}

impl LoadReport {
    pub(crate) fn new(test: &Test, target: &Target, payloads: &Payloads, results: Results) -> Self {
        let Results { tally, faults, unfinished, connections, finish, rates } = results;
        let (confusion, errors) = (tally.verdicts.confusion, tally.errors);
        let (service_ms, expected) = (tally.service.quantiles(), payloads.expected());
        let mut report = Self {
            target: target.to_string(),
            plan: test.plan.to_string(),
            payloads: payloads.name.clone(),
            complete: finish.ending == Ending::Complete,
            valid: true,
            invalid_because: Vec::new(),
            planned: test.plan.count(),
            sent: tally.sent,
            answered: tally.verdicts.total(),
            errors: errors.total(),
            errors_by_kind: errors,
            first_error: faults.error().map(str::to_owned),
            unfinished,
            dropped: tally.dropped,
            true_positives: confusion.true_positives,
            true_negatives: confusion.true_negatives,
            false_positives: confusion.false_positives,
            false_negatives: confusion.false_negatives,
            wrong_scores: tally.verdicts.wrong_scores,
            different: expected.is_none().then_some(tally.verdicts.other_bodies),
            seconds: finish.seconds,
            rate: rates,
            connections,
            latency_ms: tally.latency.quantiles(),
            service_ms,
            lateness_ms: tally.lateness.quantiles(),
            score: expected.map(|_| Score::of(&confusion, errors.total(), service_ms.p99)),
            expected,
        };
        report.invalid_because = report.doubts();
        report.valid = report.invalid_because.is_empty();
        report
    }

    /// Whether every request was answered, and right.
    pub fn all_right(&self) -> bool {
        self.errors + self.wrong_answers() == 0
    }

    /// Answers that are not the expected ones.
    pub fn wrong_answers(&self) -> u64 {
        self.false_positives + self.false_negatives + self.wrong_scores + self.different.unwrap_or(0)
    }

    fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        let lateness = self.lateness_ms.p99;
        if lateness > LATENESS_P99_LIMIT_MS {
            doubts.push(format!(
                "the generator was late: p99 {lateness:.3} ms, at most {LATENESS_P99_LIMIT_MS} ms is allowed; give it \
                 a core of its own with --cpu"
            ));
        }
        if self.dropped > 0 {
            doubts.push(format!("{} requests were dropped because all connections were busy", self.dropped));
        }
        if let Some(planned) = self.planned
            && (self.sent as f64) < SENT_SHARE_LIMIT * planned as f64
        {
            doubts.push(format!("{} of {planned} requests were sent, less than 99.5 %", self.sent));
        }
        if self.sent == 0 {
            doubts.push("nothing was sent".to_owned());
        }
        doubts
    }
}

/// A run of ten requests, all of them right.
#[cfg(test)]
pub(crate) fn example() -> LoadReport {
    use crate::verdicts::Confusion;
    let quantiles = Quantiles { p50: 0.1, p90: 0.2, p99: 0.3, p999: 0.4, max: 0.5 };
    let confusion = Confusion { true_positives: 4, true_negatives: 6, ..Confusion::default() };
    LoadReport {
        target: "http://127.0.0.1:9999".to_owned(),
        plan: "steady:10,1".to_owned(),
        payloads: "preview-1".to_owned(),
        complete: true,
        valid: true,
        invalid_because: Vec::new(),
        planned: Some(10),
        sent: 10,
        answered: 10,
        errors: 0,
        errors_by_kind: Errors::default(),
        first_error: None,
        unfinished: 0,
        dropped: 0,
        true_positives: 4,
        true_negatives: 6,
        false_positives: 0,
        false_negatives: 0,
        wrong_scores: 0,
        different: None,
        seconds: 1.0,
        rate: None,
        connections: ConnectionCounts { open: 100, opened: 100 },
        latency_ms: quantiles,
        service_ms: quantiles,
        lateness_ms: quantiles,
        score: Some(Score::of(&confusion, 0, 0.3)),
        expected: Payloads::transactions("", Vec::new()).expected(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(change: impl FnOnce(&mut LoadReport)) -> String {
        let mut report = example();
        change(&mut report);
        report.doubts().join("; ")
    }

    #[test]
    fn a_good_run_is_believed() {
        assert_eq!(doubts(|_| {}), "");
        assert_eq!(doubts(|report| report.lateness_ms.p99 = 0.5), "");
        assert_eq!(doubts(|report| (report.planned, report.sent) = (Some(1000), 995)), "");
        assert_eq!(doubts(|report| report.errors = 5), "");
    }

    #[test]
    fn a_late_a_dropping_and_a_short_run_are_not() {
        assert!(doubts(|report| report.lateness_ms.p99 = 0.501).contains("late"));
        assert!(doubts(|report| report.dropped = 1).contains("1 requests were dropped"));
        assert!(doubts(|report| (report.planned, report.sent) = (Some(1000), 994)).contains("994 of 1000"));
        assert!(doubts(|report| (report.planned, report.sent) = (None, 0)).contains("nothing"));
    }

    #[test]
    fn every_kind_of_wrong_answer_counts() {
        assert!(example().all_right());
        let changes: [fn(&mut LoadReport); 5] = [
            |report| report.errors = 1,
            |report| report.false_positives = 1,
            |report| report.false_negatives = 1,
            |report| report.wrong_scores = 1,
            |report| report.different = Some(1),
        ];
        for change in changes {
            let mut report = example();
            change(&mut report);
            assert!(!report.all_right());
        }
    }
}
