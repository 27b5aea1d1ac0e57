//! Whether anything of one label lies within a distance.

use arrayvec::ArrayVec;
use transaction::Label;

use super::candidates::Place;
use super::effort::Count;
use super::walk::TYPICAL_BLOCK;
use crate::format::{Child, Leaf, MAX_DEPTH, Node};
use crate::kernel::Kernel;

/// Looks for a reference of `label` that is at most `limit` away, in the sample and then in the rest.
#[inline(always)]
pub(super) fn is_within<K: Kernel>(
    place: Place<'_, '_, K>,
    label: Label,
    limit: K::Distance,
    count: &mut impl Count,
) -> bool {
    let trees = place.trees;
    for root in [Some(trees.sample()), trees.rest()].into_iter().flatten() {
        let mut open = ArrayVec::<(&Node, u16), MAX_DEPTH>::new();
        open.push((root, near_children(place, root, label, limit, count)));
        while let Some((node, near)) = open.last_mut() {
            if *near == 0 {
                open.pop();
                continue;
            }
            let lane = near.trailing_zeros() as usize;
            *near &= *near - 1;
            match trees.child(node.children[lane]) {
                Child::Node(node) => {
                    open.push((node, near_children(place, node, label, limit, count)));
                }
                Child::Leaf(leaf) => {
                    if is_in_leaf(place, leaf, label, limit, count) {
                        return true;
                    }
                }
            }
        }
    }
    false
}

/// A bit for each child that may hold one. They are asked for ahead of their use.
#[inline(always)]
fn near_children<K: Kernel>(
    place: Place<'_, '_, K>,
    node: &Node,
    label: Label,
    limit: K::Distance,
    count: &mut impl Count,
) -> u16 {
    let Place { kernel, trees, query } = place;
    count.boxes();
    let distances = kernel.box_distances(query, &node.boxes[label as usize]);
    let near = kernel.at_most(distances, limit) & node.holds[label as usize];
    let mut ahead = near;
    while ahead != 0 {
        let lane = ahead.trailing_zeros() as usize;
        ahead &= ahead - 1;
        match trees.child(node.children[lane]) {
            Child::Node(node) => {
                kernel.prefetch(&node.boxes[label as usize], size_of_val(&node.boxes[label as usize]));
                kernel.prefetch(&node.children, size_of::<[u32; 17]>());
            }
            Child::Leaf(leaf) => kernel.prefetch(leaf, size_of::<Leaf>()),
        }
    }
    near
}

#[inline(always)]
fn is_in_leaf<K: Kernel>(
    place: Place<'_, '_, K>,
    leaf: &Leaf,
    label: Label,
    limit: K::Distance,
    count: &mut impl Count,
) -> bool {
    let Place { kernel, trees, query } = place;
    count.leaf();
    let mut near = kernel.at_most(kernel.leaf_distances(query, leaf), limit) & leaf.holds[label as usize];
    let mut ahead = near;
    while ahead != 0 {
        let lane = ahead.trailing_zeros() as usize;
        ahead &= ahead - 1;
        kernel.prefetch(trees.window(leaf, lane), TYPICAL_BLOCK);
    }
    let mut found = 0;
    while near != 0 {
        let lane = near.trailing_zeros() as usize;
        near &= near - 1;
        count.block();
        let of_label = match label {
            Label::Fraud => leaf.frauds[lane],
            Label::Legit => leaf.lanes(lane) & !leaf.frauds[lane],
        };
        // No branch on what is found: mostly nothing is, and the next block need not wait for that.
        found |= kernel.at_most(place.to_points(leaf, lane), limit) & of_label;
    }
    found != 0
}
