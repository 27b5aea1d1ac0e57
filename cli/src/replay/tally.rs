//! Counts of right and wrong answers.

use schema::Decision;
use std::fmt::{self, Display};

/// How many wrong answers are shown one by one before only the counts tell.
const SHOWN_FAULTS: u64 = 5;

/// The expected answer of one query.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Whether the transaction is to be approved.
    pub approved: bool,
    /// Frauds among the five nearest references.
    pub frauds: u8,
}

/// What was answered instead, or as expected.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Whether the transaction was approved.
    pub approved: bool,
    /// Frauds among the five; `None` if the answer's score is none of the six written as they must be.
    pub frauds: Option<u8>,
}

impl Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Answer { approved: self.approved, frauds: Some(self.frauds) })
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.approved { "approved" } else { "denied" })?;
        match self.frauds {
            Some(frauds) => write!(f, " with score {:.1}", Decision::of_frauds(frauds).fraud_score()),
            None => f.write_str(" with a score that is none of 0.0, 0.2, … 1.0"),
        }
    }
}

/// Counts over one replay. A positive is a denied transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Queries sent.
    pub queries: u64,
    /// Denied, but to be approved.
    pub false_positives: u64,
    /// Approved, but to be denied.
    pub false_negatives: u64,
    /// No usable answer.
    pub errors: u64,
    /// Answers whose number of frauds is not the expected one.
    pub count_mismatches: u64,
    /// Answers by their number of frauds, 0 to 5.
    pub frauds_of_5: [u64; 6],
}

impl Tally {
    /// Counts one answer and tells on stderr about the first few wrong ones.
    pub fn answered(&mut self, expected: Expected, answer: Answer) {
        let number = self.queries;
        self.queries += 1;
        match (expected.approved, answer.approved) {
            (true, false) => self.false_positives += 1,
            (false, true) => self.false_negatives += 1,
            _ => {}
        }
        if let Some(count) = answer.frauds.and_then(|frauds| self.frauds_of_5.get_mut(usize::from(frauds))) {
            *count += 1;
        }
        if answer.frauds != Some(expected.frauds) {
            self.count_mismatches += 1;
        }
        if (answer.approved != expected.approved || answer.frauds != Some(expected.frauds)) && self.faults_are_few() {
            command_line::message(&format!("wrong answer to query {number}: expected {expected}, got {answer}"));
        }
    }

    /// Counts a query without a usable answer and tells about the first few.
    pub fn failed(&mut self, reason: &dyn Display) {
        let number = self.queries;
        self.queries += 1;
        self.errors += 1;
        if self.faults_are_few() {
            command_line::message(&format!("no answer to query {number}: {reason}"));
        }
    }

    /// No wrong answer and no missing one.
    pub fn all_right(&self) -> bool {
        self.faults() == 0
    }

    fn faults(&self) -> u64 {
        self.false_positives + self.false_negatives + self.errors + self.count_mismatches
    }

    fn faults_are_few(&self) -> bool {
        self.faults() <= SHOWN_FAULTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEGIT: Expected = Expected { approved: true, frauds: 1 };
    const FRAUD: Expected = Expected { approved: false, frauds: 4 };

    fn tally_of(expected: Expected, approved: bool, frauds: Option<u8>) -> Tally {
        let mut tally = Tally::default();
        tally.answered(expected, Answer { approved, frauds });
        tally
    }

    #[test]
    fn a_right_answer_counts_no_fault() {
        let tally = tally_of(FRAUD, false, Some(4));
        assert!(tally.all_right());
        assert_eq!(tally, Tally { queries: 1, frauds_of_5: [0, 0, 0, 0, 1, 0], ..Tally::default() });
    }

    #[test]
    fn a_positive_is_a_denied_transaction() {
        let tally = tally_of(LEGIT, false, Some(3));
        assert_eq!((tally.false_positives, tally.false_negatives, tally.count_mismatches), (1, 0, 1));
        let tally = tally_of(FRAUD, true, Some(2));
        assert_eq!((tally.false_positives, tally.false_negatives, tally.count_mismatches), (0, 1, 1));
        assert!(!tally.all_right());
    }

    #[test]
    fn a_right_decision_with_another_count_is_still_wrong() {
        let tally = tally_of(LEGIT, true, Some(2));
        assert_eq!((tally.false_positives, tally.false_negatives, tally.count_mismatches), (0, 0, 1));
        assert!(!tally.all_right());
        assert!(!tally_of(LEGIT, true, None).all_right());
    }

    #[test]
    fn answers_are_shown_in_words() {
        assert_eq!(LEGIT.to_string(), "approved with score 0.2");
        let odd = Answer { approved: false, frauds: None };
        assert_eq!(odd.to_string(), "denied with a score that is none of 0.0, 0.2, … 1.0");
    }

    #[test]
    fn a_missing_answer_is_an_error_and_no_decision() {
        let mut tally = Tally::default();
        tally.failed(&"time-out");
        assert_eq!(tally, Tally { queries: 1, errors: 1, ..Tally::default() });
        assert!(!tally.all_right());
    }
}
