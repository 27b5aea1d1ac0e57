//! The contest's score of a run.

use crate::verdicts::Confusion;
use serde::Serialize;

const FACTOR: f64 = 1000.0;
/// This p99 gives no points; a shorter one does.
const P99_WORTHLESS_MS: f64 = 1000.0;
/// A shorter p99 gives no more points.
const P99_BEST_MS: f64 = 1.0;
const P99_CUT_MS: f64 = 2000.0;
const ERROR_RATE_BEST: f64 = 0.001;
const ABSOLUTE_FACTOR: f64 = 300.0;
const FAILURE_RATE_CUT: f64 = 0.15;
const CUT: f64 = -3000.0;

const FALSE_NEGATIVE_WEIGHT: u64 = 3;
const ERROR_WEIGHT: u64 = 5;

/// Points, and what they come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// -3000 to 3000.
    pub p99_score: f64,
    /// -3000 to 3000.
    pub detection_score: f64,
    /// The sum.
    pub final_score: f64,
    /// Whether the p99 was over 2 s.
    pub p99_cut: bool,
    /// Whether more than 15 % of the requests failed.
    pub detection_cut: bool,
    /// Share of the requests that were answered wrong or not at all.
    pub failure_rate: f64,
    /// False positives, false negatives three times, errors five times.
    pub weighted_errors: u64,
    /// Weighted errors per request.
    pub error_rate: f64,
    /// Points by the error rate; none when cut.
    pub rate_component: Option<f64>,
    /// Points off by the number of errors; none when cut.
    pub absolute_penalty: Option<f64>,
}

impl Score {
    /// `p99_ms`: 99 of 100 requests took at most so long, counted from their sending; 0 if none was answered.
    pub fn of(confusion: &Confusion, errors: u64, p99_ms: f64) -> Self {
        let count = confusion.total() + errors;
        let failures = confusion.false_positives + confusion.false_negatives + errors;
        let weighted_errors =
            confusion.false_positives + FALSE_NEGATIVE_WEIGHT * confusion.false_negatives + ERROR_WEIGHT * errors;
        let share = |part: u64| if count > 0 { part as f64 / count as f64 } else { 0.0 };
        let (failure_rate, error_rate) = (share(failures), share(weighted_errors));
        let (p99_score, p99_cut) = p99_score(p99_ms);
        let detection_cut = failure_rate > FAILURE_RATE_CUT;
        let rate_component = FACTOR * (1.0 / error_rate.max(ERROR_RATE_BEST)).log10();
        // Adding 0 turns the -0.0 of no errors into 0.
        let absolute_penalty = -ABSOLUTE_FACTOR * (1.0 + weighted_errors as f64).log10() + 0.0;
        let detection_score = if detection_cut { CUT } else { rate_component + absolute_penalty };
        Self {
            p99_score,
            detection_score,
            final_score: p99_score + detection_score,
            p99_cut,
            detection_cut,
            failure_rate,
            weighted_errors,
            error_rate,
            rate_component: (!detection_cut).then_some(rate_component),
            absolute_penalty: (!detection_cut).then_some(absolute_penalty),
        }
    }
}

fn p99_score(p99_ms: f64) -> (f64, bool) {
    if p99_ms <= 0.0 {
        return (0.0, false);
    }
    if p99_ms > P99_CUT_MS {
        return (CUT, true);
    }
    (FACTOR * (P99_WORTHLESS_MS / p99_ms.max(P99_BEST_MS)).log10(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of 5000 requests, half of them frauds.
    fn score(false_positives: u64, false_negatives: u64, errors: u64, p99_ms: f64) -> Score {
        let confusion = Confusion {
            true_positives: 2500 - false_negatives,
            true_negatives: 2500 - false_positives - errors,
            false_positives,
            false_negatives,
        };
        Score::of(&confusion, errors, p99_ms)
    }

    fn assert_points(score: Score, p99_score: f64, detection_score: f64) {
        let rounded = |value: f64| (value * 100.0).round() / 100.0;
        assert_eq!((rounded(score.p99_score), rounded(score.detection_score)), (p99_score, detection_score));
        assert_eq!(rounded(score.final_score), rounded(p99_score + detection_score));
    }

    #[test]
    fn the_published_rows_come_out() {
        assert_points(score(5, 5, 0, 3.0), 2522.88, 2001.27);
        assert_points(score(30, 20, 0, 10.0), 2000.00, 1157.02);
        assert_points(score(500, 300, 0, 10.0), 2000.00, -3000.0);
    }

    #[test]
    fn a_perfect_run_has_6000_points_and_no_more() {
        assert_points(score(0, 0, 0, 1.0), 3000.0, 3000.0);
        assert_points(score(0, 0, 0, 0.05), 3000.0, 3000.0);
        assert_eq!(score(0, 0, 0, 0.05).absolute_penalty, Some(0.0));
    }

    #[test]
    fn a_p99_over_two_seconds_is_cut() {
        assert!(!score(0, 0, 0, 2000.0).p99_cut);
        assert_points(score(0, 0, 0, 2000.1), -3000.0, 3000.0);
        assert!(score(0, 0, 0, 2000.1).p99_cut);
    }

    #[test]
    fn failures_are_cut_above_fifteen_percent_and_not_at_it() {
        let at = score(750, 0, 0, 1.0);
        assert!(!at.detection_cut && at.rate_component.is_some());
        let above = score(751, 0, 0, 1.0);
        assert!(above.detection_cut && above.rate_component.is_none() && above.absolute_penalty.is_none());
        assert_points(above, 3000.0, -3000.0);
    }

    #[test]
    fn an_error_weighs_five_and_a_missed_fraud_three() {
        assert_eq!(score(1, 0, 0, 1.0).weighted_errors, 1);
        assert_eq!(score(0, 1, 0, 1.0).weighted_errors, 3);
        assert_eq!(score(0, 0, 1, 1.0).weighted_errors, 5);
        assert_eq!(score(1, 1, 1, 1.0).failure_rate, 3.0 / 5000.0);
    }

    #[test]
    fn a_run_without_answers_has_no_points_for_speed() {
        let none = Score::of(&Confusion::default(), 0, 0.0);
        assert_eq!((none.p99_score, none.failure_rate), (0.0, 0.0));
    }
}
