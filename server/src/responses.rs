//! The responses that are made once: six scores.

use http::{Prepared, Status};

/// The body by number of frauds among the five nearest.
const SCORES: [&str; 6] = [
    r#"{"approved":true,"fraud_score":0.0}"#,
    r#"{"approved":true,"fraud_score":0.2}"#,
    r#"{"approved":true,"fraud_score":0.4}"#,
    r#"{"approved":false,"fraud_score":0.6}"#,
    r#"{"approved":false,"fraud_score":0.8}"#,
    r#"{"approved":false,"fraud_score":1.0}"#,
];

/// The answers to the contest's payloads, made before there is one.
pub struct Responses {
    scores: [Prepared; 6],
}

impl Responses {
    /// Makes them.
    pub fn new() -> Self {
        Self { scores: SCORES.map(|body| Prepared::new(Status::Ok, "application/json", body.as_bytes())) }
    }

    /// For `frauds` (0..=5) among the five nearest references.
    #[inline]
    pub fn score(&self, frauds: u8) -> &Prepared {
        &self.scores[usize::from(frauds)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_scores_are_frauds_over_five_and_approved_below_three_fifths() {
        for (frauds, body) in SCORES.iter().enumerate() {
            let json: serde_json::Value = serde_json::from_str(body).unwrap();
            let score = frauds as f64 / 5.0;
            assert_eq!(json["fraud_score"].as_f64().unwrap(), score);
            assert_eq!(json["approved"].as_bool().unwrap(), score < 0.6);
        }
    }
}
