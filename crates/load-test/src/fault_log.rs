//! The first faults of a run in words; later ones are only counted.

use std::fmt::Display;

/// How many faults are put into words.
const KEPT_LINES: usize = 5;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct FaultLog {
    first_error: Option<String>,
    lines: Vec<String>,
}

impl FaultLog {
    /// Query `number`, counted from 0, was answered otherwise than expected.
    pub fn wrong_answer(&mut self, number: usize, expected: &dyn Display, got: &dyn Display) {
        self.keep(|| format!("wrong answer to query {number}: expected {expected}, got {got}"));
    }

    /// Query `number`, counted from 0, has no answer that counts.
    pub fn no_answer(&mut self, number: usize, reason: &dyn Display) {
        self.first_error(reason);
        self.keep(|| format!("no answer to query {number}: {reason}"));
    }

    /// Something went wrong that is no query's fault.
    pub fn first_error(&mut self, reason: &dyn Display) {
        self.first_error.get_or_insert_with(|| reason.to_string());
    }

    /// What went wrong first, wrong answers left aside.
    pub fn error(&self) -> Option<&str> {
        self.first_error.as_deref()
    }

    /// A line for each of the first faults, wrong answers included, in their order.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    fn keep(&mut self, line: impl FnOnce() -> String) {
        if self.lines.len() < KEPT_LINES {
            self.lines.push(line());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use schema::Decision;

    #[test]
    fn the_first_faults_are_told_in_words_and_the_first_error_is_kept_whatever_came_before() {
        let mut log = FaultLog::default();
        for number in 0..6 {
            let [expected, got] = [0, 5].map(|frauds| Answer::from(Decision::of_frauds(frauds)));
            log.wrong_answer(number, &expected, &got);
        }
        log.no_answer(6, &"time-out");
        log.no_answer(7, &"closed");
        assert_eq!(log.error(), Some("time-out"));
        assert_eq!(log.lines().len(), KEPT_LINES);
        assert_eq!(
            log.lines()[4],
            "wrong answer to query 4: expected approved with score 0.0, got denied with score 1.0"
        );
    }
}
