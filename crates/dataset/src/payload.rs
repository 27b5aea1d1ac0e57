//! A test payload and its expected answer.

use space::Point;

/// One test payload with its expected answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// The request's compact JSON text.
    pub request: String,
    /// Its vector.
    pub query: Point,
    /// Frauds among its five nearest references.
    pub expected_frauds: u8,
}

impl Payload {
    /// The contest's decision: fewer than three frauds of five.
    pub fn expected_approved(&self) -> bool {
        is_approved(self.expected_frauds)
    }
}

pub(crate) fn is_approved(frauds: u8) -> bool {
    frauds < 3
}
