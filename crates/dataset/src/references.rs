//! Labelled vectors.

use space::{Label, Point};

/// Most references of one set: their numbers and twice their numbers fit 32 bits.
pub const MAX_REFERENCES: u64 = u32::MAX as u64 / 2;

/// Labelled vectors, in file order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct References {
    /// One vector a reference.
    pub vectors: Vec<Point>,
    /// One label a reference, as many as vectors.
    pub labels: Vec<Label>,
}
