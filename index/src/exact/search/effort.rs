//! What a query costs, counted where it is spent. The search is generic over the counter, so not counting is free.

/// How an answer was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reached {
    /// Five of a sample block are nearer than the box around everything of the other label.
    LabelBox,
    /// No reference of the other label is as near as five of the sample.
    NoOpponent,
    /// The five nearest were searched.
    Search,
    /// The five nearest were searched with their numbers, as the fifth and the sixth are equally far.
    Tie,
}

impl Reached {
    /// All ways, the cheapest first.
    pub const ALL: [Self; 4] = [Self::LabelBox, Self::NoOpponent, Self::Search, Self::Tie];

    /// The name people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::LabelBox => "label box",
            Self::NoOpponent => "no opponent",
            Self::Search => "search",
            Self::Tie => "tie",
        }
    }
}

/// What one query cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How the answer was reached.
    pub reached: Reached,
    /// Nodes whose boxes of one label were compared with the query; for both labels, a node counts twice.
    pub nodes: u32,
    /// Leaves whose boxes were compared with the query.
    pub leaves: u32,
    /// Blocks of 16 vectors compared with the query.
    pub blocks: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self { reached: Reached::Search, nodes: 0, leaves: 0, blocks: 0 }
    }
}

/// Where a search tells what it does.
pub(super) trait Count {
    fn boxes(&mut self);
    fn leaf(&mut self);
    fn block(&mut self);
    fn reached(&mut self, reached: Reached);
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
    #[inline(always)]
    fn reached(&mut self, _reached: Reached) {}
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

    #[inline(always)]
    fn reached(&mut self, reached: Reached) {
        self.reached = reached;
    }
}
