//! What a generated set is made by.

use crate::error::DataError;
use crate::references::MAX_REFERENCES;

/// Which dates transactions are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// March 10 to 27 of 2026, last transactions at most twelve hours back.
    Classic,
    /// 2026-03 to 2030-12, last transactions up to ten years back.
    Random,
}

/// How references are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceRecipe {
    /// How many references.
    pub count: u64,
    /// Start of the random numbers.
    pub seed: u64,
    /// Share of frauds and borderline cases, 0 to 1.
    pub fraud_ratio: f64,
}

impl ReferenceRecipe {
    /// The contest's references.
    pub const OFFICIAL: Self = Self { count: 3_000_000, seed: 42, fraud_ratio: 0.35 };

    /// Whether references can be drawn by it.
    ///
    /// # Errors
    ///
    /// A ratio outside 0 to 1, and more references than an index can number.
    pub fn check(&self) -> Result<(), DataError> {
        check_share("fraud ratio", self.fraud_ratio)?;
        check_count(self.count)
    }
}

/// How payloads are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PayloadRecipe {
    /// How many payloads.
    pub count: u64,
    /// Start of the random numbers.
    pub seed: u64,
    /// Share of frauds and borderline cases, 0 to 1.
    pub fraud_ratio: f64,
    /// Share of borderline cases among those, 0 to 1.
    pub borderline_share: f64,
    /// Which dates.
    pub dates: Dates,
}

impl PayloadRecipe {
    /// The contest's first published payloads.
    pub const PREVIEW_1: Self =
        Self { count: 54_100, seed: 4242, fraud_ratio: 0.47, borderline_share: 0.10, dates: Dates::Classic };
    /// The contest's second published payloads.
    pub const PREVIEW_2: Self =
        Self { count: 54_100, seed: 4141, fraud_ratio: 0.47, borderline_share: 0.10, dates: Dates::Random };
    /// A harder set, nearly half of it borderline.
    pub const FINAL_LIKE: Self =
        Self { count: 72_100, seed: 0, fraud_ratio: 0.6, borderline_share: 0.8, dates: Dates::Random };

    /// Whether payloads can be drawn by it.
    ///
    /// # Errors
    ///
    /// Shares outside 0 to 1, and more payloads than references could be.
    pub fn check(&self) -> Result<(), DataError> {
        check_share("fraud ratio", self.fraud_ratio)?;
        check_share("borderline share", self.borderline_share)?;
        check_count(self.count)
    }
}

fn check_share(name: &'static str, value: f64) -> Result<(), DataError> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(DataError::ShareOutOfRange { name, value }) }
}

fn check_count(count: u64) -> Result<(), DataError> {
    if count <= MAX_REFERENCES { Ok(()) } else { Err(DataError::TooMany { count, limit: MAX_REFERENCES }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_recipes_pass_their_own_check() {
        ReferenceRecipe::OFFICIAL.check().unwrap();
        for recipe in [PayloadRecipe::PREVIEW_1, PayloadRecipe::PREVIEW_2, PayloadRecipe::FINAL_LIKE] {
            recipe.check().unwrap();
        }
    }

    #[test]
    fn shares_outside_zero_to_one_are_refused_by_name() {
        for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let error = ReferenceRecipe { fraud_ratio: value, ..ReferenceRecipe::OFFICIAL }.check().unwrap_err();
            assert!(error.to_string().contains("fraud ratio"), "{error}");
            let error = PayloadRecipe { borderline_share: value, ..PayloadRecipe::PREVIEW_1 }.check().unwrap_err();
            assert!(error.to_string().contains("borderline share"), "{error}");
        }
    }

    #[test]
    fn counts_over_the_limit_are_refused() {
        let recipe = ReferenceRecipe { count: MAX_REFERENCES + 1, ..ReferenceRecipe::OFFICIAL };
        assert!(matches!(recipe.check(), Err(DataError::TooMany { .. })));
        ReferenceRecipe { count: MAX_REFERENCES, ..recipe }.check().unwrap();
    }
}
