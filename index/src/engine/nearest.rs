//! The five nearest, by a walk that opens the nearest box first.

use arrayvec::ArrayVec;

use super::five::Five;
use super::{Child, Tree, lanes};
use crate::format::{Block, EMPTY_TAG, LANES, MAX_DEPTH, Node};
use crate::kernel::{Distance, Kernel};

/// Children asked for ahead when a node is opened before five points are known: more would crowd out what comes first.
const AHEAD: u32 = 6;

/// A node under way: its children's distances, [`Distance::MAX`] for those done or not there.
struct Frame<'a, D> {
    node: &'a Node,
    distances: [D; LANES],
}

#[inline(always)]
pub(super) fn five_nearest<K: Kernel>(kernel: K, tree: &Tree<'_>, query: &K::Prepared) -> Five<K::Distance> {
    let mut five = Five::<K::Distance>::EMPTY;
    let mut frames = ArrayVec::<Frame<'_, K::Distance>, MAX_DEPTH>::new();
    frames.push(open(kernel, tree, query, &tree.nodes[0], five.worst()));
    while let Some(frame) = frames.last_mut() {
        let (lane, distance) = kernel.least(&frame.distances);
        if distance > five.worst() {
            frames.pop();
            continue;
        }
        frame.distances[lane] = K::Distance::MAX;
        match tree.child(frame.node.children[lane]) {
            Child::Block(block) => scan(kernel, query, block, &mut five),
            Child::Node(node) => frames.push(open(kernel, tree, query, node, five.worst())),
        }
    }
    five
}

#[inline(always)]
fn open<'a, K: Kernel>(
    kernel: K,
    tree: &Tree<'a>,
    query: &K::Prepared,
    node: &'a Node,
    worst: K::Distance,
) -> Frame<'a, K::Distance> {
    let distances = distances(kernel, query, node);
    let near = kernel.at_most(&distances, worst);
    if near.count_ones() <= AHEAD {
        lanes(near).for_each(|lane| tree.child(node.children[lane]).prefetch(kernel));
    }
    Frame { node, distances }
}

/// To the nearer of each child's two boxes.
#[inline(always)]
pub(super) fn distances<K: Kernel>(kernel: K, query: &K::Prepared, node: &Node) -> [K::Distance; LANES] {
    let legit = kernel.box_distances(query, &node.boxes[0], node.holds[0]);
    let fraud = kernel.box_distances(query, &node.boxes[1], node.holds[1]);
    std::array::from_fn(|lane| legit[lane].min(fraud[lane]))
}

/// Takes the points of a block into the five.
#[inline(always)]
pub(super) fn scan<K: Kernel>(kernel: K, query: &K::Prepared, block: &Block, five: &mut Five<K::Distance>) {
    let distances = kernel.point_distances(query, block);
    for lane in lanes(kernel.at_most(&distances, five.worst())) {
        // Unused lanes come last.
        if block.tags[lane] == EMPTY_TAG {
            break;
        }
        five.insert(distances[lane].key(block.tags[lane]));
    }
}
