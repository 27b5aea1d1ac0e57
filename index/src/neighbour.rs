//! What a search finds.

use schema::Label;

/// One of the five nearest references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The reference's number: its position in the vectors the index was built from.
    pub reference: u32,
    /// Squared Euclidean distance in units of 1/10000, so of 1e-8.
    pub distance: u64,
    /// What the reference is labelled.
    pub label: Label,
}
