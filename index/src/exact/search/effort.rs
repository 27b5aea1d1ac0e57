//! What a query costs, counted where it is spent. The search is generic over the counter, so not counting is free.

use super::proof::Proof;

/// What one query cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How the answer was proved.
    pub proof: Proof,
    /// Nodes whose boxes of one label were compared with the query; for both labels, a node counts twice.
    pub nodes: u32,
    /// Leaves whose boxes were compared with the query.
    pub leaves: u32,
    /// Blocks of 16 vectors compared with the query.
    pub blocks: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self { proof: Proof::Search, nodes: 0, leaves: 0, blocks: 0 }
    }
}

/// Where a search tells what it does.
pub(super) trait Count {
    fn boxes(&mut self);
    fn leaf(&mut self);
    fn block(&mut self);
}

/// Counts nothing.
pub(super) struct Uncounted;

impl Count for Uncounted {
    #[inline(always)]
    fn boxes(&mut self) {}
    #[inline(always)]
    fn leaf(&mut self) {}
    #[inline(always)]
    fn block(&mut self) {}
}

impl Count for Effort {
    #[inline(always)]
    fn boxes(&mut self) {
        self.nodes += 1;
    }

    #[inline(always)]
    fn leaf(&mut self) {
        self.leaves += 1;
    }

    #[inline(always)]
    fn block(&mut self) {
        self.blocks += 1;
    }
}
