//! The proof that all five nearest have one label, which most queries allow.

use arrayvec::ArrayVec;
use transaction::Label;

use super::five::Five;
use super::nearest::{distances, scan};
use super::{Child, Tree, lanes};
use crate::NEIGHBOURS;
use crate::format::{Block, EMPTY_TAG, MAX_DEPTH, Node, tag_label};
use crate::kernel::{Distance, Kernel};

/// A node under way: the children still to look into.
struct Frame<'a> {
    node: &'a Node,
    lanes: u16,
}

/// The label that all five nearest have, if the nearest block's points prove it.
#[inline(always)]
pub(super) fn prove<K: Kernel>(kernel: K, tree: &Tree<'_>, query: &K::Prepared) -> Option<Label> {
    let mut frames = ArrayVec::<Frame<'_>, MAX_DEPTH>::new();
    let five = descend(kernel, tree, query, &mut frames);
    let tags = five.keys.map(|key| K::Distance::split(key).1);
    let frauds: u32 = tags.iter().map(|tag| tag & 1).sum();
    // A block with fewer than five points leaves the start value behind, whose distance is no distance.
    let label = match frauds {
        _ if five.keys[NEIGHBOURS - 1] == K::Distance::LAST => return None,
        0 => Label::Legit,
        5 => Label::Fraud,
        _ => return None,
    };
    let other = match label {
        Label::Legit => Label::Fraud,
        Label::Fraud => Label::Legit,
    };
    let refuted = is_within(kernel, tree, query, &mut frames, other, five.worst());
    (!refuted).then_some(label)
}

/// Walks to the nearest block by the nearest box of each node and returns its nearest five; `frames` holds the way, each
/// node with all children but the one taken.
#[inline(always)]
fn descend<'a, K: Kernel>(
    kernel: K,
    tree: &Tree<'a>,
    query: &K::Prepared,
    frames: &mut ArrayVec<Frame<'a>, MAX_DEPTH>,
) -> Five<K::Distance> {
    let mut node = &tree.nodes[0];
    loop {
        let (lane, _) = kernel.least(&distances(kernel, query, node));
        frames.push(Frame { node, lanes: !(1 << lane) });
        match tree.child(node.children[lane]) {
            Child::Node(next) => node = next,
            Child::Block(block) => {
                let mut five = Five::EMPTY;
                scan(kernel, query, block, &mut five);
                return five;
            }
        }
    }
}
/// Whether a point of `label` lies at `radius` or nearer, outside the block that the way in `frames` leads to. The five of
/// that block come before its other points by key, so none of those can be among the five nearest.
#[inline(always)]
fn is_within<'a, K: Kernel>(
    kernel: K,
    tree: &Tree<'a>,
    query: &K::Prepared,
    frames: &mut ArrayVec<Frame<'a>, MAX_DEPTH>,
    label: Label,
    radius: K::Distance,
) -> bool {
    for frame in frames.iter_mut() {
        frame.lanes = near(kernel, tree, query, frame.node, frame.lanes, label, radius);
    }
    while let Some(frame) = frames.last_mut() {
        let Some(lane) = lanes(frame.lanes).next() else {
            frames.pop();
            continue;
        };
        frame.lanes &= frame.lanes - 1;
        match tree.child(frame.node.children[lane]) {
            Child::Node(node) => {
                frames.push(Frame { node, lanes: near(kernel, tree, query, node, u16::MAX, label, radius) })
            }
            Child::Block(block) if holds_within(kernel, query, block, label, radius) => return true,
            Child::Block(_) => (),
        }
    }
    false
}

/// The children of `node` among `lanes` whose box of `label` lies at `radius` or nearer; asks for their memory.
///
/// A function and not a closure: a closure cannot be made to inline, and code that is not inlined into the kernel's own
/// makes a call of each instruction (the whole search took 2.4 us instead of 0.3 us).
#[inline(always)]
fn near<K: Kernel>(
    kernel: K,
    tree: &Tree<'_>,
    query: &K::Prepared,
    node: &Node,
    among: u16,
    label: Label,
    radius: K::Distance,
) -> u16 {
    let holds = node.holds[label as usize] & among;
    if holds == 0 {
        return 0;
    }
    let near = kernel.at_most(&kernel.box_distances(query, &node.boxes[label as usize], holds), radius);
    for lane in lanes(near) {
        tree.child(node.children[lane]).prefetch(kernel);
    }
    near
}

#[inline(always)]
fn holds_within<K: Kernel>(kernel: K, query: &K::Prepared, block: &Block, label: Label, radius: K::Distance) -> bool {
    let distances = kernel.point_distances(query, block);
    let mut near = lanes(kernel.at_most(&distances, radius));
    near.any(|lane| block.tags[lane] != EMPTY_TAG && tag_label(block.tags[lane]) == label)
}
