//! What the service says about one transaction.

use schema::Decision;
use serde::Deserialize;
use std::fmt::{self, Display};

/// How far a score may be from that of a decision: other services may print fewer or more digits.
const SCORE_TOLERANCE: f64 = 1e-6;

/// Approved or denied, and the score behind it: as the service says it, which may contradict itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the transaction is approved.
    pub approved: bool,
    /// Frauds among the five nearest references, 0 to 5: the score is a fifth of it.
    pub frauds: u8,
}

impl Answer {
    /// Reads a response's body; `None` if it is not an answer of the service.
    pub fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            approved: bool,
            fraud_score: f64,
        }
        let Body { approved, fraud_score } = serde_json::from_slice(body).ok()?;
        let is_scored = |decision: &Decision| (decision.fraud_score() - fraud_score).abs() < SCORE_TOLERANCE;
        let scored = Decision::ALL.into_iter().find(is_scored)?;
        Some(Self { approved, frauds: scored.frauds() })
    }
}

impl From<Decision> for Answer {
    fn from(decision: Decision) -> Self {
        Self { approved: decision.approved(), frauds: decision.frauds() }
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.approved { "approved" } else { "denied" };
        write!(f, "{verdict} with score {:.1}", Decision::of_frauds(self.frauds).fraud_score())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &str = r#"{"approved":true,"fraud_score":0.4}"#;

    #[test]
    fn answers_are_shown_in_words() {
        assert_eq!(Answer::from(Decision::of_frauds(1)).to_string(), "approved with score 0.2");
        assert_eq!(Answer::from(Decision::of_frauds(3)).to_string(), "denied with score 0.6");
    }

    #[test]
    fn decisions_are_read_in_any_form_of_the_same_json() {
        let approved = Some(Answer { approved: true, frauds: 2 });
        assert_eq!(Answer::read(BODY.as_bytes()), approved);
        assert_eq!(Answer::read(b" { \"fraud_score\" : 4e-1 , \"approved\" : true , \"more\": [1] } "), approved);
        assert_eq!(Answer::read(br#"{"approved":false,"fraud_score":1}"#), Some(Answer { approved: false, frauds: 5 }));
        // Three fifths in binary is not three times a fifth.
        assert_eq!(
            Answer::read(br#"{"approved":false,"fraud_score":0.6}"#),
            Some(Answer { approved: false, frauds: 3 })
        );
    }

    #[test]
    fn what_is_no_decision_is_none() {
        for body in [
            "",
            "ok",
            "{}",
            r#"{"approved":true}"#,
            r#"{"approved":"true","fraud_score":0.0}"#,
            r#"{"approved":true,"fraud_score":0.3}"#,
            r#"{"approved":true,"fraud_score":1.2}"#,
            r#"{"approved":true,"fraud_score":-0.2}"#,
            r#"{"approved":true,"fraud_score":0.0}}"#,
        ] {
            assert_eq!(Answer::read(body.as_bytes()), None, "{body}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            Answer::read(&bytes);
        }
    }
}
