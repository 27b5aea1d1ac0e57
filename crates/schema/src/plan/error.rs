//! Why fields make no vector.
use crate::error::Expected;

/// Error of [`Plan::vectorize`](crate::Plan::vectorize); names the field or the dimension, and allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VectorError<'p> {
    /// A required field that is missing.
    #[error("{0}: missing")]
    Missing(&'p str),
    /// A field that holds something else.
    #[error("{field}: expected {expected}")]
    WrongType {
        /// Which field.
        field: &'p str,
        /// What it must hold.
        expected: Expected,
    },
    /// A text that is no point in time.
    #[error("{0}: expected an RFC 3339 date and time with offset, such as 2026-03-11T20:23:35Z")]
    NotATimestamp(&'p str),
    /// A divisor of 0 where the schema does not say what the ratio is then.
    #[error("{field}: 0, by which the dimension {dimension} would be divided")]
    DivisorZero {
        /// The divisor.
        field: &'p str,
        /// Whose ratio it is.
        dimension: &'p str,
    },
    /// A value that is no finite f32.
    #[error("the dimension {0}: out of range")]
    OutOfRange(&'p str),
    /// A dimension whose scale is found from data, before it was.
    #[error("the dimension {0}: its scale has not been found from data")]
    NotFitted(&'p str),
}
