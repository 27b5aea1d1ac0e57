//! The bound of nesting.

/// How deep objects and arrays may lie within each other.
pub const MAX_DEPTH: usize = 128;
