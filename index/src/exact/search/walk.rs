//! The walk through both trees: every block that is near enough is handed to whoever asks.
//!
//! Near nodes wait on a stack, near leaves and near blocks in lists: three plain loops, in which a processor can run
//! ahead, and which ask for the memory of what comes some turns later. A few leaves are worked off at a time, so that what
//! their points say bounds the rest, and the lists stay small whatever the query.

use arrayvec::ArrayVec;
use space::Label;

use super::candidates::{Candidates, Labels, Place};
use super::effort::Count;
use super::image_changed::image_changed;
use crate::exact::layout::{LEAF_FLAG, Leaf, MAX_DEPTH, Node};
use crate::kernel::Kernel;
use crate::lanes::LANES;

/// Nodes that can wait: one leaves at most 15 behind the one that is opened next, and no way is longer.
const NODES: usize = (LANES - 1) * MAX_DEPTH + LANES;
/// With so many leaves no more nodes are opened. Fewer know the fifth's distance sooner, more leave the processor less
/// often without work.
const ENOUGH_LEAVES: usize = 4;
/// Leaves that can wait.
const LEAVES: usize = ENOUGH_LEAVES - 1 + LANES;
/// Blocks that can wait.
const BLOCKS: usize = 8 * LANES;

/// So many turns ahead a leaf is asked for, which has more lines than a processor asks for by itself.
const LEAVES_AHEAD: usize = 4;
/// The same for blocks.
const BLOCKS_AHEAD: usize = 8;

/// Hands to `candidates` every block of both trees that holds points of some labels and is as near as they want.
///
/// The labels are both, or those that are wanted whenever more nodes are opened if the walk `narrows`: then it returns
/// whether nothing was left out that is wanted in the end. Leaf `seen` is left out: it had its turn.
#[inline(always)]
pub(super) fn walk<K: Kernel, C: Candidates<K>>(
    place: Place<'_, '_, K>,
    narrows: bool,
    seen: Option<u32>,
    candidates: &mut C,
    count: &mut impl Count,
) -> bool {
    let mut nodes = ArrayVec::<u32, NODES>::new();
    let mut leaves = ArrayVec::<u32, LEAVES>::new();
    let mut blocks = ArrayVec::<u32, BLOCKS>::new();
    // The rest is on top: what is near there bounds the look into the sample.
    nodes.push(0);
    nodes.extend(place.trees.rest);
    let mut always = Labels::BOTH;
    // Each node has one parent, so a walk opens none twice. In a changed image children may lead anywhere: this bound,
    // taken from the length that was checked, ends the walk whatever the bytes are. All else is at most 16 leaves for
    // each node that is opened, and 16 blocks for each leaf.
    let mut unopened = place.trees.nodes.len();
    while !(nodes.is_empty() && leaves.is_empty()) {
        let labels = if narrows { candidates.wanted() } else { Labels::BOTH };
        always = always.and(labels);
        while leaves.len() < ENOUGH_LEAVES
            && let Some(node) = nodes.pop()
        {
            unopened = unopened.checked_sub(1).unwrap_or_else(|| image_changed());
            open_node(place, node, (labels, candidates.worst()), (&mut nodes, &mut leaves), count);
        }
        while blocks.len() <= BLOCKS - LANES
            && let Some(next) = leaves.pop()
        {
            if let Some(ahead) = leaves.len().checked_sub(LEAVES_AHEAD) {
                place.kernel.prefetch(leaf(place, leaves[ahead] & !LEAF_FLAG), size_of::<Leaf>());
            }
            if Some(next) != seen {
                open_leaf(place, next & !LEAF_FLAG, (labels, candidates.worst()), &mut blocks, count);
            }
        }
        scan(place, &mut blocks, candidates, count);
        if candidates.is_over() {
            break;
        }
    }
    candidates.wanted().are_all_in(always)
}

/// Adds the near children of a node, the nearest last.
#[inline(always)]
fn open_node<K: Kernel>(
    place: Place<'_, '_, K>,
    node: u32,
    (labels, worst): (Labels, K::Distance),
    (nodes, leaves): (&mut ArrayVec<u32, NODES>, &mut ArrayVec<u32, LEAVES>),
    count: &mut impl Count,
) {
    let kernel = place.kernel;
    let node: &Node = &place.trees.nodes[node as usize];
    let mut distances = kernel.splat_max();
    for label in [Label::Legit, Label::Fraud] {
        if labels.has(label) {
            distances = kernel.min(distances, place.to_children(node, label, count));
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
    place: Place<'_, '_, K>,
    position: u32,
    (labels, worst): (Labels, K::Distance),
    blocks: &mut ArrayVec<u32, BLOCKS>,
    count: &mut impl Count,
) {
    count.leaf();
    let leaf = leaf(place, position);
    let near = place.kernel.le_mask(place.kernel.leaf_distances(place.query, leaf), worst);
    let numbers = std::array::from_fn(|lane| position * LANES as u32 + lane as u32);
    append(place.kernel, &numbers, near & labels.of(leaf.holds), blocks);
}

/// Hands over blocks and forgets them.
#[inline(always)]
fn scan<K: Kernel>(
    place: Place<'_, '_, K>,
    blocks: &mut ArrayVec<u32, BLOCKS>,
    candidates: &mut impl Candidates<K>,
    count: &mut impl Count,
) {
    let block = |number: u32| (leaf(place, number / LANES as u32), number as usize % LANES);
    for next in 0..blocks.len() {
        if let Some(ahead) = blocks.get(next + BLOCKS_AHEAD) {
            let (leaf, lane) = block(*ahead);
            place.prefetch_block(leaf, lane);
        }
        let (leaf, lane) = block(blocks[next]);
        count.block();
        candidates.scan(place, leaf, lane);
    }
    blocks.clear();
    candidates.settle();
}

/// The leaf at a position.
#[inline(always)]
fn leaf<'a, K: Kernel>(place: Place<'_, 'a, K>, position: u32) -> &'a Leaf {
    &place.trees.leaves[position as usize]
}

/// Appends the values of some lanes.
#[inline(always)]
fn append<K: Kernel, const N: usize>(kernel: K, values: &[u32; LANES], lanes: u16, to: &mut ArrayVec<u32, N>) {
    let before = to.len();
    // All 16 places are written, whatever is kept of them: a length that varies would cost a call.
    if to.try_extend_from_slice(&kernel.compress(values, lanes)).is_err() {
        image_changed();
    }
    to.truncate(before + lanes.count_ones() as usize);
}
