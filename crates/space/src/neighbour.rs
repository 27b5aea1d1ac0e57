//! What a search finds.

use crate::Label;

/// How many references decide.
pub const NEIGHBOURS: usize = 5;

/// One of the nearest references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The reference's number: its position in the vectors the index was built from.
    pub reference: u32,
    /// [`squared_distance`](crate::squared_distance) to the query.
    pub distance: u64,
    /// What the reference is labelled.
    pub label: Label,
}
