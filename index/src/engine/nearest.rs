//! The nearest points, by a walk that opens the nearest box first.

use arrayvec::ArrayVec;
use transaction::Label;

use super::best::Best;
use super::{Child, Tree, lanes};
use crate::format::{Block, EMPTY_TAG, LANES, MAX_DEPTH, Node, tag_label};
use crate::kernel::{Distance, Kernel};

/// Which points are wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<D: Distance> {
    /// Points of this label only.
    pub label: Option<Label>,
    /// Points whose key is less than this.
    pub below: D::Key,
    /// Not the nearest, any as many: the walk ends as soon as it has them.
    pub any: bool,
}

/// A node under way: its children's distances, [`Distance::MAX`] for those done or not there.
struct Frame<'a, D> {
    node: &'a Node,
    distances: [D; LANES],
}

/// The `N` nearest points that are wanted.
#[inline(always)]
pub(super) fn nearest<K: Kernel, const N: usize>(
    kernel: K,
    tree: &Tree<'_>,
    query: &K::Prepared,
    wanted: Wanted<K::Distance>,
) -> Best<K::Distance, N> {
    let mut best = Best::below(wanted.below);
    let mut frames = ArrayVec::<Frame<'_, K::Distance>, MAX_DEPTH>::new();
    frames.push(open(kernel, tree, query, &tree.nodes[0], wanted.label, best.worst()));
    while let Some(frame) = frames.last_mut() {
        let (lane, distance) = kernel.least(&frame.distances);
        if distance > best.worst() {
            frames.pop();
            continue;
        }
        frame.distances[lane] = K::Distance::MAX;
        match tree.child(frame.node.children[lane]) {
            Child::Node(node) => frames.push(open(kernel, tree, query, node, wanted.label, best.worst())),
            Child::Block(block) => {
                scan(kernel, query, block, wanted.label, &mut best);
                if wanted.any && best.is_full() {
                    break;
                }
            }
        }
    }
    best
}

#[inline(always)]
fn open<'a, K: Kernel>(
    kernel: K,
    tree: &Tree<'a>,
    query: &K::Prepared,
    node: &'a Node,
    label: Option<Label>,
    worst: K::Distance,
) -> Frame<'a, K::Distance> {
    let distances = distances(kernel, query, node, label);
    // With no bound yet all children are near: asking for all of them would crowd out what is needed first.
    if worst < K::Distance::UNBOUNDED {
        for lane in lanes(kernel.at_most(&distances, worst)) {
            tree.prefetch(kernel, node, lane, label);
        }
    }
    Frame { node, distances }
}

/// From the query to each child's box of a label, or to the nearer of its two.
#[inline(always)]
pub(super) fn distances<K: Kernel>(
    kernel: K,
    query: &K::Prepared,
    node: &Node,
    label: Option<Label>,
) -> [K::Distance; LANES] {
    let to = |label: usize, holds: u16| (&node.boxes[label], holds);
    let (boxes, holds) = match (label, node.holds) {
        (Some(label), holds) => to(label as usize, holds[label as usize]),
        // Most nodes near the leaves hold one label only: the other half of their memory need not be touched.
        (None, [legit, 0]) => to(0, legit),
        (None, [0, fraud]) => to(1, fraud),
        (None, [legit, fraud]) => {
            let mut distances = kernel.box_distances(query, &node.boxes[0], legit);
            let others = kernel.box_distances(query, &node.boxes[1], fraud);
            for lane in 0..LANES {
                distances[lane] = distances[lane].min(others[lane]);
            }
            return distances;
        }
    };
    kernel.box_distances(query, boxes, holds)
}

/// Takes the wanted points of a block in.
#[inline(always)]
pub(super) fn scan<K: Kernel, const N: usize>(
    kernel: K,
    query: &K::Prepared,
    block: &Block,
    label: Option<Label>,
    best: &mut Best<K::Distance, N>,
) {
    let distances = kernel.point_distances(query, block);
    for lane in lanes(kernel.at_most(&distances, best.worst())) {
        let tag = block.tags[lane];
        // Unused lanes come last.
        if tag == EMPTY_TAG {
            break;
        }
        if label.is_none_or(|label| label == tag_label(tag)) {
            best.insert(distances[lane].key(tag));
        }
    }
}
