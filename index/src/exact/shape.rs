//! Counts of the trees, for people.

/// Counts of both trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Nodes on the longest way from a root to a leaf.
    pub depth: usize,
    /// Blocks.
    pub blocks: u32,
    /// References in the sample.
    pub sample: u32,
}
