//! Why constants or a table of risks are refused.

/// The most entries a table may have.
pub const MAX_MCC_CODES: usize = 4096;

/// Why constants or a risk table are refused.
#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum RulesError {
    /// A divisor that would not give a value.
    #[error("normalization: {name} is {value}, it must be a finite number above 0")]
    BadConstant {
        /// Its key in `normalization.json`.
        name: &'static str,
        /// The value refused.
        value: f64,
    },
    /// A merchant category code that cannot be stored.
    #[error("mcc risk: the code {code:?} must be 1 to 8 bytes long, without NUL")]
    BadCode {
        /// The code refused.
        code: String,
    },
    /// A risk that no dimension can have.
    #[error("mcc risk: the risk of {code:?} is {risk}, it must be within 0..=1")]
    BadRisk {
        /// The merchant category code.
        code: String,
        /// The risk refused.
        risk: f64,
    },
    /// A merchant category code that stands twice in the JSON.
    #[error("mcc risk: the code {code:?} is given twice")]
    DuplicateCode {
        /// The code refused.
        code: String,
    },
    /// A table over the limit.
    #[error("mcc risk: {count} codes, at most {MAX_MCC_CODES} are supported")]
    TooManyCodes {
        /// How many there are.
        count: usize,
    },
}
