//! Exact search for the five nearest: nearest box first, until no box left is as near as the fifth point found.
//!
//! Why it is exact: a box is never farther than a point inside it, so a subtree is left out only if its box is
//! *farther* than the fifth point found so far, and then so are all its points. A box at the very distance of the fifth is
//! still opened, because it may hold a lower reference at that distance, which wins the tie.

mod five;
mod walk;

use transaction::{DIMENSIONS, Query};

use crate::format::{Block, Bounds, Node};
use crate::kernel::{Chosen, Distance, Scalar, Task};
use crate::{NEIGHBOURS, Neighbour};

/// What the engine walks: checked sections of an image.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    pub nodes: &'a [Node],
    pub blocks: &'a [Block],
    /// The box around all points.
    pub bounds: Bounds,
}

impl Tree<'_> {
    /// Frauds among the five nearest.
    #[inline]
    pub(crate) fn classify(&self, kernel: Chosen, query: &Query) -> u8 {
        self.search(kernel, walk::Frauds(query, self))
    }

    /// The five nearest, nearest first, ties by the lower reference.
    pub(crate) fn neighbours(&self, kernel: Chosen, query: &Query) -> [Neighbour; NEIGHBOURS] {
        self.search(kernel, walk::Nearest(query, self))
    }

    /// Runs the search with the chosen kernel where its 32-bit sums suffice, else with 64-bit ones.
    #[inline]
    fn search<'q, T: Task + walk::Asks<'q>>(&self, kernel: Chosen, task: T) -> T::Output {
        // No distance of this query, to a point or to a box, is above the one to the farthest corner of the whole.
        if self.farthest(task.query()) <= i32::MAX as u64 { kernel.run(task) } else { task.run(Scalar::<u64>::NEW) }
    }

    fn farthest(&self, query: &Query) -> u64 {
        let mut sum = 0;
        for dimension in 0..DIMENSIONS {
            let value = i32::from(query.values()[dimension]);
            let (lower, upper) = (i32::from(self.bounds.lower[dimension]), i32::from(self.bounds.upper[dimension]));
            let side = (value - lower).max(upper - value);
            sum += (side * side) as u64;
        }
        sum
    }
}

fn neighbour<D: Distance>(key: D::Key) -> Neighbour {
    let (distance, tag) = D::split(key);
    Neighbour { reference: crate::format::tag_reference(tag), distance, label: crate::format::tag_label(tag) }
}
