//! The contest's `results.json`.

use crate::payloads::Expected;
use crate::report::LoadReport;
use serde::Serialize;

/// Its names and nesting are the contest's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContestResults {
    expected: Expected,
    /// In milliseconds.
    p99: f64,
    scoring: Scoring,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Scoring {
    breakdown: Breakdown,
    failure_rate: f64,
    #[serde(rename = "weighted_errors_E")]
    weighted_errors: u64,
    error_rate_epsilon: f64,
    p99_score: P99Score,
    detection_score: DetectionScore,
    final_score: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Breakdown {
    false_positive_detections: u64,
    false_negative_detections: u64,
    true_positive_detections: u64,
    true_negative_detections: u64,
    http_errors: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct P99Score {
    value: f64,
    cut_triggered: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct DetectionScore {
    value: f64,
    rate_component: Option<f64>,
    absolute_penalty: Option<f64>,
    cut_triggered: bool,
}

impl ContestResults {
    /// Those of a run of the contest's payloads.
    pub fn of(report: &LoadReport) -> Option<Self> {
        let (score, expected) = (report.score.as_ref()?, report.expected?);
        Some(Self {
            expected,
            p99: report.service_ms.p99,
            scoring: Scoring {
                breakdown: Breakdown {
                    false_positive_detections: report.false_positives,
                    false_negative_detections: report.false_negatives,
                    true_positive_detections: report.true_positives,
                    true_negative_detections: report.true_negatives,
                    http_errors: report.errors,
                },
                failure_rate: (score.failure_rate * 1e6).round() / 1e6,
                weighted_errors: score.weighted_errors,
                error_rate_epsilon: score.error_rate,
                p99_score: P99Score { value: score.p99_score, cut_triggered: score.p99_cut },
                detection_score: DetectionScore {
                    value: score.detection_score,
                    rate_component: score.rate_component,
                    absolute_penalty: score.absolute_penalty,
                    cut_triggered: score.detection_cut,
                },
                final_score: score.final_score,
            },
        })
    }
}
