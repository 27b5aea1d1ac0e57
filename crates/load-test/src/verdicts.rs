//! Answers compared with what was expected of them. A positive is a denied transaction.

use crate::answer::Answer;
use schema::Decision;

/// Right and wrong decisions, whatever their scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Frauds denied.
    pub true_positives: u64,
    /// Others approved.
    pub true_negatives: u64,
    /// Others denied.
    pub false_positives: u64,
    /// Frauds approved.
    pub false_negatives: u64,
}

impl Confusion {
    /// All answers.
    pub fn total(&self) -> u64 {
        self.true_positives + self.true_negatives + self.false_positives + self.false_negatives
    }

    fn add(&mut self, expected_approved: bool, approved: bool) {
        let count = match (expected_approved, approved) {
            (false, false) => &mut self.true_positives,
            (true, true) => &mut self.true_negatives,
            (true, false) => &mut self.false_positives,
            (false, true) => &mut self.false_negatives,
        };
        *count += 1;
    }
}

/// Counts of answers that decide something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// By decision.
    pub confusion: Confusion,
    /// Right decisions with another score than expected.
    pub wrong_scores: u64,
    /// Answers with another number of frauds than expected, whatever they decided.
    pub count_mismatches: u64,
    /// Answers by their number of frauds, 0 to 5.
    pub frauds_of_5: [u64; 6],
    /// Answers with the right body, where bodies are compared.
    pub same_bodies: u64,
    /// Answers with another body.
    pub other_bodies: u64,
}

impl Verdicts {
    /// Counts one answer, and tells whether it is the expected one.
    pub fn add(&mut self, expected: Decision, got: Answer) -> bool {
        self.confusion.add(expected.approved(), got.approved);
        let is_mismatch = expected.frauds() != got.frauds;
        self.count_mismatches += u64::from(is_mismatch);
        self.wrong_scores += u64::from(is_mismatch && expected.approved() == got.approved);
        if let Some(count) = self.frauds_of_5.get_mut(usize::from(got.frauds)) {
            *count += 1;
        }
        got == expected.into()
    }

    /// Counts one answer whose body was compared.
    pub fn add_body(&mut self, is_right: bool) {
        *if is_right { &mut self.same_bodies } else { &mut self.other_bodies } += 1;
    }

    /// All answers.
    pub fn total(&self) -> u64 {
        self.confusion.total() + self.same_bodies + self.other_bodies
    }

    /// Answers that are not the expected ones.
    pub fn wrong(&self) -> u64 {
        self.confusion.false_positives + self.confusion.false_negatives + self.wrong_scores + self.other_bodies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts_of(expected_frauds: u8, approved: bool, frauds: u8) -> Verdicts {
        let mut verdicts = Verdicts::default();
        let is_right = verdicts.add(Decision::of_frauds(expected_frauds), Answer { approved, frauds });
        assert_eq!(is_right, verdicts.wrong() == 0);
        verdicts
    }

    #[test]
    fn a_right_answer_counts_no_fault() {
        let verdicts = verdicts_of(4, false, 4);
        let confusion = Confusion { true_positives: 1, ..Confusion::default() };
        assert_eq!(verdicts, Verdicts { confusion, frauds_of_5: [0, 0, 0, 0, 1, 0], ..Verdicts::default() });
        assert_eq!(verdicts_of(1, true, 1).confusion.true_negatives, 1);
    }

    #[test]
    fn a_positive_is_a_denied_transaction() {
        let counts = |verdicts: Verdicts| {
            let Confusion { false_positives, false_negatives, .. } = verdicts.confusion;
            (false_positives, false_negatives, verdicts.wrong_scores, verdicts.count_mismatches, verdicts.wrong())
        };
        assert_eq!(counts(verdicts_of(1, false, 3)), (1, 0, 0, 1, 1));
        assert_eq!(counts(verdicts_of(4, true, 2)), (0, 1, 0, 1, 1));
        // the answer contradicts its own score
        assert_eq!(counts(verdicts_of(4, true, 4)), (0, 1, 0, 0, 1));
    }

    #[test]
    fn a_right_decision_with_another_score_is_still_wrong() {
        let verdicts = verdicts_of(1, true, 2);
        assert_eq!((verdicts.wrong_scores, verdicts.count_mismatches, verdicts.wrong()), (1, 1, 1));
    }

    #[test]
    fn every_answer_is_counted_once() {
        let mut verdicts = Verdicts::default();
        for frauds in [0, 1, 3, 5] {
            verdicts.add(Decision::of_frauds(2), Decision::of_frauds(frauds).into());
        }
        assert_eq!((verdicts.total(), verdicts.frauds_of_5), (4, [1, 1, 0, 1, 0, 1]));
    }
}
