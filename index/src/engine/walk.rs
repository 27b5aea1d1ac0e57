//! The walk from the root, written once for every kernel.

use arrayvec::ArrayVec;
use transaction::Query;

use super::five::Five;
use super::{Tree, neighbour};
use crate::format::{BLOCK_FLAG, Block, EMPTY_TAG, LANES, MAX_DEPTH};
use crate::kernel::{Distance, Kernel, Task};
use crate::{NEIGHBOURS, Neighbour};

/// A task about one query.
pub(super) trait Asks<'q> {
    fn query(&self) -> &'q Query;
}

/// Asks for the frauds among the five nearest.
pub(super) struct Frauds<'q>(pub &'q Query, pub &'q Tree<'q>);

/// Asks for the five nearest themselves.
pub(super) struct Nearest<'q>(pub &'q Query, pub &'q Tree<'q>);

impl<'q> Asks<'q> for Frauds<'q> {
    fn query(&self) -> &'q Query {
        self.0
    }
}

impl<'q> Asks<'q> for Nearest<'q> {
    fn query(&self) -> &'q Query {
        self.0
    }
}

impl Task for Frauds<'_> {
    type Output = u8;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> u8 {
        let five = five_nearest(kernel, self.1, self.0);
        five.keys.iter().map(|key| (K::Distance::split(*key).1 & 1) as u8).sum()
    }
}

impl Task for Nearest<'_> {
    type Output = [Neighbour; NEIGHBOURS];

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        five_nearest(kernel, self.1, self.0).keys.map(neighbour::<K::Distance>)
    }
}

/// A node under way: its children's distances, [`Distance::MAX`] for those done or not there.
struct Frame<D> {
    distances: [D; LANES],
    node: u32,
}

#[inline(always)]
fn five_nearest<K: Kernel>(kernel: K, tree: &Tree<'_>, query: &Query) -> Five<K::Distance> {
    let query = kernel.prepare(query);
    let mut five = Five::<K::Distance>::EMPTY;
    let mut frames = ArrayVec::<Frame<K::Distance>, MAX_DEPTH>::new();
    frames.push(open(kernel, tree, &query, 0));
    while let Some(frame) = frames.last_mut() {
        let (lane, distance) = kernel.least(&frame.distances);
        if distance > five.worst() {
            frames.pop();
            continue;
        }
        frame.distances[lane] = K::Distance::MAX;
        let child = tree.nodes[frame.node as usize].children[lane];
        if child & BLOCK_FLAG != 0 {
            scan(kernel, &query, &tree.blocks[(child & !BLOCK_FLAG) as usize], &mut five);
        } else {
            frames.push(open(kernel, tree, &query, child));
        }
    }
    five
}

#[inline(always)]
fn open<K: Kernel>(kernel: K, tree: &Tree<'_>, query: &K::Prepared, position: u32) -> Frame<K::Distance> {
    let node = &tree.nodes[position as usize];
    let mut distances = kernel.box_distances(query, node);
    // The lanes behind `count` stand for nothing: as if done.
    distances[node.count as usize..].fill(K::Distance::MAX);
    Frame { distances, node: position }
}

#[inline(always)]
fn scan<K: Kernel>(kernel: K, query: &K::Prepared, block: &Block, five: &mut Five<K::Distance>) {
    let distances = kernel.point_distances(query, block);
    let mut lanes = kernel.at_most(&distances, five.worst());
    while lanes != 0 {
        let lane = lanes.trailing_zeros() as usize;
        lanes &= lanes - 1;
        if block.tags[lane] == EMPTY_TAG {
            break;
        }
        five.insert(distances[lane].key(block.tags[lane]));
    }
}
