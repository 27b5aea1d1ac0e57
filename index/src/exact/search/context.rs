//! What every step of a search needs: kernel, trees and query.

use space::Label;

use super::effort::Count;
use crate::exact::layout::{Leaf, Node, Trees};
use crate::kernel::Kernel;

/// Bytes that are prefetched of a block: the usual length. More would belong to the next block.
const TYPICAL_BLOCK: usize = 384;

/// The same for every step of a search.
pub(super) struct Context<'q, 'a, K: Kernel> {
    pub kernel: K,
    pub trees: &'q Trees<'a>,
    pub query: &'q K::Prepared,
}

impl<K: Kernel> Clone for Context<'_, '_, K> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kernel> Copy for Context<'_, '_, K> {}

impl<K: Kernel> Context<'_, '_, K> {
    /// Distances to the box of each child of a node around its points of a label; [`Distance::MAX`](crate::kernel::Distance) where there are none.
    #[inline(always)]
    pub(super) fn to_children(self, node: &Node, label: Label, count: &mut impl Count) -> K::Distances {
        count.boxes();
        let distances = self.kernel.box_distances(self.query, &node.boxes[label as usize]);
        self.kernel.mask(distances, node.holds[label as usize])
    }

    /// Distances to each point of a block; undefined in unused lanes.
    #[inline(always)]
    pub(super) fn to_points(self, leaf: &Leaf, lane: usize) -> K::Distances {
        self.kernel.point_distances(self.query, leaf, lane, self.trees.window(leaf, lane))
    }

    /// Prefetches the vectors of a block.
    #[inline(always)]
    pub(super) fn prefetch_block(self, leaf: &Leaf, lane: usize) {
        self.kernel.prefetch(self.trees.window(leaf, lane), TYPICAL_BLOCK);
    }
}
