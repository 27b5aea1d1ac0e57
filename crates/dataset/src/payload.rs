//! A test payload and its expected answer.

use schema::Decision;
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
    /// The contest's decision by that number.
    pub fn expected(&self) -> Decision {
        Decision::of_frauds(self.expected_frauds)
    }
}
