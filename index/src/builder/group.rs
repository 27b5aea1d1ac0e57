//! Two-way cuts to 16-way nodes.
//!
//! From below, whole subtrees become leaves and the nodes over them, as large as 16 lanes allow: what a search reads last
//! is full. From above, a node takes the cuts with most behind them until it has 16 children: the way down is short.

use std::ops::Range;

use super::split::Piece;
use crate::format::LANES;

/// A subtree that one lane of a node stands for.
pub(super) enum Unit {
    /// 1 to 16 blocks, each by the range of its points.
    Leaf(Vec<Range<usize>>),
    /// 1 to 16 subtrees.
    Node(Vec<Unit>),
}

/// The children of the root.
pub(super) fn group(whole: &Piece) -> Vec<Unit> {
    match unit(whole) {
        Unit::Node(units) => units,
        leaf => vec![leaf],
    }
}

fn unit(piece: &Piece) -> Unit {
    if piece.leaves() == 1 {
        let mut blocks = Vec::new();
        collect_blocks(piece, &mut blocks);
        return Unit::Leaf(blocks);
    }
    let mut children = vec![piece];
    // What one node can hold stays together as long as there is anything larger to cut.
    while let Some((place, sides)) = largest_cut(&children) {
        children.splice(place..=place, sides);
    }
    // Where there is room, a child's leaves take its place, and a level is saved.
    while let Some(place) = largest_that_fits(&children) {
        let mut leaves = Vec::new();
        collect_leaves(children[place], &mut leaves);
        children.splice(place..=place, leaves);
    }
    Unit::Node(children.into_iter().map(unit).collect())
}

/// The child with most leaves of those that no node can hold, and its sides, if there is room for both.
fn largest_cut<'p>(children: &[&'p Piece]) -> Option<(usize, [&'p Piece; 2])> {
    let place = largest(children, |piece| piece.leaves() > LANES).filter(|_| children.len() < LANES)?;
    match children[place] {
        Piece::Cut { sides, .. } => Some((place, [&sides[0], &sides[1]])),
        Piece::Block(_) => None,
    }
}

/// The child with most leaves of those whose leaves all have room.
fn largest_that_fits(children: &[&Piece]) -> Option<usize> {
    largest(children, |piece| piece.leaves() > 1 && children.len() - 1 + piece.leaves() <= LANES)
}

/// The first child with most leaves of those that `may` be taken.
fn largest(children: &[&Piece], may: impl Fn(&Piece) -> bool) -> Option<usize> {
    (0..children.len())
        .filter(|place| may(children[*place]))
        .max_by_key(|place| (children[*place].leaves(), std::cmp::Reverse(*place)))
}

fn collect_leaves<'p>(piece: &'p Piece, leaves: &mut Vec<&'p Piece>) {
    match piece {
        Piece::Cut { sides, .. } if piece.leaves() > 1 => sides.iter().for_each(|side| collect_leaves(side, leaves)),
        _ => leaves.push(piece),
    }
}

fn collect_blocks(piece: &Piece, blocks: &mut Vec<Range<usize>>) {
    match piece {
        Piece::Block(range) => blocks.push(range.clone()),
        Piece::Cut { sides, .. } => sides.iter().for_each(|side| collect_blocks(side, blocks)),
    }
}
