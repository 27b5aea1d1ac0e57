//! The walk through both trees: hands every block that is near enough to the candidates.
//!
//! Pending nodes lie on a stack, pending leaves and blocks in lists: three plain loops, which a processor can execute out of
//! order, and which prefetch what comes some iterations later. Only a few leaves are taken at a time, so that the distances of
//! their points prune the rest, and the lists stay small whatever the query.

use arrayvec::ArrayVec;
use space::Label;

use super::candidates::Candidates;
use super::context::Context;
use super::effort::Count;
use super::image_changed::image_changed;
use super::labels::Labels;
use crate::exact::layout::{LEAF_FLAG, Leaf, MAX_DEPTH, Node};
use crate::kernel::Kernel;
use crate::lanes::LANES;

/// Most pending nodes: opening one leaves at most 15 behind the one that is opened next, and no path is longer than that.
const NODES: usize = (LANES - 1) * MAX_DEPTH + LANES;
/// With so many pending leaves no more nodes are opened. With fewer the fifth's distance is known sooner, with more the
/// processor idles less.
const ENOUGH_LEAVES: usize = 4;
/// Most pending leaves.
const LEAVES: usize = ENOUGH_LEAVES - 1 + LANES;
/// Most pending blocks.
const BLOCKS: usize = 8 * LANES;

/// So many iterations ahead a leaf is prefetched, which has more lines than hardware prefetches.
const LEAVES_AHEAD: usize = 4;
/// The same for blocks.
const BLOCKS_AHEAD: usize = 8;

/// Hands to `candidates` every block of both trees that holds points of some labels and is as near as they want.
///
/// The labels are both; if the walk `narrows`, those that are wanted at the time a node is opened. Returns whether nothing was
/// pruned by label that is wanted in the end. Leaf `seen` is skipped: its blocks were scanned before.
#[inline(always)]
pub(super) fn walk<K: Kernel, C: Candidates<K>>(
    context: Context<'_, '_, K>,
    narrows: bool,
    seen: Option<u32>,
    candidates: &mut C,
    count: &mut impl Count,
) -> bool {
    let mut nodes = ArrayVec::<u32, NODES>::new();
    let mut leaves = ArrayVec::<u32, LEAVES>::new();
    let mut blocks = ArrayVec::<u32, BLOCKS>::new();
    // The rest is on top: near points there prune the sample.
    nodes.push(0);
    nodes.extend(context.trees.rest);
    let mut always = Labels::BOTH;
    // Each node has one parent, so a walk opens none twice. In an image that was changed after the check children may lead
    // anywhere: this bound, from the length that was checked, ends the walk whatever the bytes are. All other work is at
    // most 16 leaves for each node that is opened, and 16 blocks for each leaf.
    let mut unopened = context.trees.nodes.len();
    while !(nodes.is_empty() && leaves.is_empty()) {
        let labels = if narrows { candidates.wanted() } else { Labels::BOTH };
        always = always.and(labels);
        while leaves.len() < ENOUGH_LEAVES
            && let Some(node) = nodes.pop()
        {
            unopened = unopened.checked_sub(1).unwrap_or_else(|| image_changed());
            open_node(context, node, (labels, candidates.worst()), (&mut nodes, &mut leaves), count);
        }
        while blocks.len() <= BLOCKS - LANES
            && let Some(next) = leaves.pop()
        {
            if let Some(ahead) = leaves.len().checked_sub(LEAVES_AHEAD) {
                context.kernel.prefetch(leaf(context, leaves[ahead] & !LEAF_FLAG), size_of::<Leaf>());
            }
            if Some(next) != seen {
                open_leaf(context, next & !LEAF_FLAG, (labels, candidates.worst()), &mut blocks, count);
            }
        }
        scan(context, &mut blocks, candidates, count);
        if candidates.is_over() {
            break;
        }
    }
    candidates.wanted().is_subset_of(always)
}

/// Adds the near children of a node, the nearest last.
#[inline(always)]
fn open_node<K: Kernel>(
    context: Context<'_, '_, K>,
    node: u32,
    (labels, worst): (Labels, K::Distance),
    (nodes, leaves): (&mut ArrayVec<u32, NODES>, &mut ArrayVec<u32, LEAVES>),
    count: &mut impl Count,
) {
    let kernel = context.kernel;
    let node: &Node = &context.trees.nodes[node as usize];
    let mut distances = kernel.splat_max();
    for label in [Label::Legit, Label::Fraud] {
        if labels.has(label) {
            distances = kernel.min(distances, context.to_children(node, label, count));
        }
    }
    let near = kernel.le_mask(distances, worst);
    if near == 0 {
        return;
    }
    let nearest = kernel.argmin(distances);
    let others = near & !(1 << nearest);
    let are_leaves = kernel.sign_mask(&node.children);
    append(kernel, &node.children, others & !are_leaves, nodes);
    append(kernel, &node.children, others & are_leaves, leaves);
    match node.children[nearest] {
        child if child & LEAF_FLAG == 0 => nodes.push(child),
        child => leaves.push(child),
    }
}

/// Adds the near blocks of a leaf: 16 times its position, and the lane.
#[inline(always)]
fn open_leaf<K: Kernel>(
    context: Context<'_, '_, K>,
    position: u32,
    (labels, worst): (Labels, K::Distance),
    blocks: &mut ArrayVec<u32, BLOCKS>,
    count: &mut impl Count,
) {
    count.leaf();
    let leaf = leaf(context, position);
    let near = context.kernel.le_mask(context.kernel.leaf_distances(context.query, leaf), worst);
    let numbers = std::array::from_fn(|lane| position * LANES as u32 + lane as u32);
    append(context.kernel, &numbers, near & labels.of(leaf.holds), blocks);
}

/// Hands the pending blocks over.
#[inline(always)]
fn scan<K: Kernel>(
    context: Context<'_, '_, K>,
    blocks: &mut ArrayVec<u32, BLOCKS>,
    candidates: &mut impl Candidates<K>,
    count: &mut impl Count,
) {
    let block = |number: u32| (leaf(context, number / LANES as u32), number as usize % LANES);
    for next in 0..blocks.len() {
        if let Some(ahead) = blocks.get(next + BLOCKS_AHEAD) {
            let (leaf, lane) = block(*ahead);
            context.prefetch_block(leaf, lane);
        }
        let (leaf, lane) = block(blocks[next]);
        count.block();
        candidates.scan(context, leaf, lane);
    }
    blocks.clear();
    candidates.settle();
}

/// The leaf at a position.
#[inline(always)]
fn leaf<'a, K: Kernel>(context: Context<'_, 'a, K>, position: u32) -> &'a Leaf {
    &context.trees.leaves[position as usize]
}

/// Appends the values of the lanes in a mask.
#[inline(always)]
fn append<K: Kernel, const N: usize>(kernel: K, values: &[u32; LANES], lanes: u16, to: &mut ArrayVec<u32, N>) {
    let before = to.len();
    // Writes all 16 places and truncates: a copy of variable length would be a call to memcpy.
    if to.try_extend_from_slice(&kernel.compress(values, lanes)).is_err() {
        image_changed();
    }
    to.truncate(before + lanes.count_ones() as usize);
}
