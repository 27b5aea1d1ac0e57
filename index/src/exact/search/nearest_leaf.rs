//! Greedy descent to one leaf, by the nearest box of each node, and the near blocks of that leaf.

use space::Label;

use super::candidates::{Candidates, scan_blocks};
use super::context::Context;
use super::effort::Count;
use super::image_changed::image_changed;
use crate::exact::layout::{Child, Leaf, MAX_DEPTH, Node};
use crate::kernel::Kernel;

/// Finds the leaf, and its child number.
///
/// Below the root only boxes of the label of its nearest are compared: five of one label are looked for.
#[inline(always)]
pub(super) fn find<'a, K: Kernel>(context: Context<'_, 'a, K>, root: &Node, count: &mut impl Count) -> (&'a Leaf, u32) {
    let Context { kernel, trees, .. } = context;
    let legit = context.to_children(root, Label::Legit, count);
    let fraud = context.to_children(root, Label::Fraud, count);
    let lane = kernel.argmin(kernel.min(legit, fraud));
    let label = if kernel.pairwise_le_mask(fraud, legit) >> lane & 1 == 1 { Label::Fraud } else { Label::Legit };
    let mut child = root.children[lane];
    // No path of checked trees is longer; in an image that was changed since, children may form a cycle.
    for _ in 0..MAX_DEPTH {
        match trees.child(child) {
            Child::Leaf(leaf) => return (leaf, child),
            Child::Node(node) => {
                child = node.children[kernel.argmin(context.to_children(node, label, count))];
            }
        }
    }
    image_changed()
}

/// Scans its near blocks, the nearest first; returns its child number.
#[inline(always)]
pub(super) fn scan<K: Kernel>(
    context: Context<'_, '_, K>,
    root: u32,
    candidates: &mut impl Candidates<K>,
    count: &mut impl Count,
) -> u32 {
    let Context { kernel, trees, query } = context;
    let (leaf, child) = find(context, &trees.nodes[root as usize], count);
    count.leaf();
    let boxes = kernel.mask(kernel.leaf_distances(query, leaf), leaf.blocks());
    let near = kernel.le_mask(boxes, candidates.worst());
    let nearest = 1 << kernel.argmin(boxes);
    let mut left = near & nearest;
    // The nearest first, alone: the fifth's distance after it prunes the others.
    for _ in 0..2 {
        scan_blocks(context, leaf, left, candidates, count);
        left = near & !nearest & kernel.le_mask(boxes, candidates.worst());
    }
    child
}
