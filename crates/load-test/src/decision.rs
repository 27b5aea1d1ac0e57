//! What an answer says, or should say, about one transaction.

use dataset::PayloadEntry;
use std::fmt::{self, Display};

/// Approved or denied, and the score behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the transaction is approved.
    pub approved: bool,
    /// Frauds among the five nearest references, 0 to 5: the score is a fifth of it.
    pub frauds: u8,
}

impl Decision {
    /// The one right answer to this many frauds of five.
    pub const fn of_frauds(frauds: u8) -> Self {
        Self { approved: frauds < 3, frauds }
    }

    /// What is expected of the answer to a payload.
    pub const fn expected(entry: &PayloadEntry) -> Self {
        Self { approved: entry.expected_approved, frauds: entry.expected_frauds }
    }
}

impl Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.approved { "approved" } else { "denied" };
        write!(f, "{verdict} with score {:.1}", f64::from(self.frauds) / 5.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_shown_in_words() {
        assert_eq!(Decision::of_frauds(1).to_string(), "approved with score 0.2");
        assert_eq!(Decision::of_frauds(3).to_string(), "denied with score 0.6");
    }
}
