//! The contest's decision: what the labels of the nearest references say about a transaction.
use space::NEIGHBOURS;

/// What is decided by the number of frauds among the [`NEIGHBOURS`] nearest references.
///
/// The contest's rule: `fraud_score` is their share, and a score below 0.6 is approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    frauds: u8,
}

impl Decision {
    /// All there are, by their number of frauds.
    pub const ALL: [Self; NEIGHBOURS + 1] = {
        let mut all = [Self { frauds: 0 }; NEIGHBOURS + 1];
        let mut frauds = 0;
        while frauds < all.len() {
            all[frauds] = Self { frauds: frauds as u8 };
            frauds += 1;
        }
        all
    };

    /// With the fewest frauds of those that are denied, so the one that could most easily have gone the other way.
    pub const FIRST_DENIED: Self = Self { frauds: 3 };

    /// `frauds` among the nearest references, 0..=[`NEIGHBOURS`].
    pub const fn of_frauds(frauds: u8) -> Self {
        debug_assert!(frauds as usize <= NEIGHBOURS);
        Self { frauds }
    }

    /// The decision with exactly this score, if there is one.
    pub fn of_fraud_score(fraud_score: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.fraud_score() == fraud_score)
    }

    /// Frauds among the nearest references, 0..=[`NEIGHBOURS`].
    pub const fn frauds(self) -> u8 {
        self.frauds
    }

    /// Their share, 0..=1.
    pub const fn fraud_score(self) -> f64 {
        self.frauds as f64 / NEIGHBOURS as f64
    }

    /// Whether the transaction is approved.
    pub const fn approved(self) -> bool {
        self.frauds < Self::FIRST_DENIED.frauds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_decisions_are_the_fifths_and_approved_below_three_fifths() {
        let all = Decision::ALL.map(|decision| (decision.frauds(), decision.fraud_score(), decision.approved()));
        let expected =
            [(0, 0.0, true), (1, 0.2, true), (2, 0.4, true), (3, 0.6, false), (4, 0.8, false), (5, 1.0, false)];
        assert_eq!(all, expected);
    }

    #[test]
    fn only_the_six_scores_are_decisions() {
        for decision in Decision::ALL {
            assert_eq!(Decision::of_frauds(decision.frauds()), decision);
            assert_eq!(Decision::of_fraud_score(decision.fraud_score()), Some(decision));
        }
        for score in [-0.2, 0.1, 0.6f64.next_up(), 1.2, f64::NAN, f64::INFINITY] {
            assert_eq!(Decision::of_fraud_score(score), None, "{score}");
        }
    }
}
