//! Exact search: first a proof that needs few points, then, if it fails, the five nearest themselves.
//!
//! A point's *key* orders by distance, then by reference, so the five least keys are the five nearest, ties settled.
//!
//! *Proof* ([`proof`]). If five references of one label come before all references of the other label, the five least keys
//! are all of that label: the answer is 0 or 5. Any five such references will do. The nearest block's are tried first, and
//! then only boxes of the other label need a look, as far as the fifth of them.
//!
//! *Search* ([`nearest`]). Nearest box first, until no box left is as near as the fifth point found. A box is never
//! farther than a point inside, so a subtree is left out only if it is *farther* than the fifth point, and then so are
//! all its points. A box at that very distance is still opened: it may hold a lower reference, which wins the tie.

mod best;
mod nearest;
mod proof;

use transaction::{DIMENSIONS, Label, Query};

use crate::format::{BLOCK_FLAG, Block, Bounds, EMPTY_TAG, Node, tag_label, tag_reference};
use crate::kernel::{Chosen, Distance, Kernel, Scalar, Task};
use crate::{NEIGHBOURS, Neighbour};
use best::Best;
use nearest::{Wanted, nearest};
use proof::Proof;

/// What the engine walks: checked sections of an image.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    pub nodes: &'a [Node],
    pub blocks: &'a [Block],
    /// The box around all points.
    pub bounds: Bounds,
}

impl<'a> Tree<'a> {
    /// Frauds among the five nearest.
    #[inline]
    pub(crate) fn classify(&self, kernel: Chosen, query: &Query) -> u8 {
        if self.fits_32_bits(query) {
            kernel.run(Classify(self, query))
        } else {
            Classify(self, query).run(Scalar::<u64>::NEW)
        }
    }

    /// The five nearest, nearest first, ties by the lower reference.
    pub(crate) fn neighbours(&self, kernel: Chosen, query: &Query) -> [Neighbour; NEIGHBOURS] {
        if self.fits_32_bits(query) {
            kernel.run(Neighbours(self, query))
        } else {
            Neighbours(self, query).run(Scalar::<u64>::NEW)
        }
    }

    /// No distance of the query, to a point or to a box, is above the one to the farthest corner of the whole.
    #[inline]
    fn fits_32_bits(&self, query: &Query) -> bool {
        let mut sum = 0;
        for dimension in 0..DIMENSIONS {
            let value = i32::from(query.values()[dimension]);
            let (lower, upper) = (i32::from(self.bounds.lower[dimension]), i32::from(self.bounds.upper[dimension]));
            let side = (value - lower).max(upper - value);
            sum += (side * side) as u64;
        }
        sum <= i32::MAX as u64
    }

    #[inline(always)]
    fn child(&self, child: u32) -> Child<'a> {
        match child & BLOCK_FLAG {
            0 => Child::Node(&self.nodes[child as usize]),
            _ => Child::Block(&self.blocks[(child & !BLOCK_FLAG) as usize]),
        }
    }

    /// Asks for what a search for one label, or for both, will read of a child.
    #[inline(always)]
    fn prefetch<K: Kernel>(&self, kernel: K, node: &Node, lane: usize, label: Option<Label>) {
        match self.child(node.children[lane]) {
            Child::Block(block) => kernel.prefetch(block),
            Child::Node(child) => {
                kernel.prefetch(&child.children);
                kernel.prefetch(&child.holds);
                for wanted in [Label::Legit, Label::Fraud] {
                    let is_held = node.holds[wanted as usize] >> lane & 1 == 1;
                    if is_held && label.is_none_or(|label| label == wanted) {
                        kernel.prefetch(&child.boxes[wanted as usize]);
                    }
                }
            }
        }
    }
}

/// What a lane of a node stands for.
enum Child<'a> {
    Node(&'a Node),
    Block(&'a Block),
}

struct Classify<'q>(&'q Tree<'q>, &'q Query);

impl Task for Classify<'_> {
    type Output = u8;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> u8 {
        let query = kernel.prepare(self.1);
        match proof::prove(kernel, self.0, &query) {
            Proof::Pure(label) => label as u8 * NEIGHBOURS as u8,
            Proof::Below(below) => {
                let five = five_nearest(kernel, self.0, &query, below);
                five.keys.iter().map(|key| (K::Distance::split(*key).1 & 1) as u8).sum()
            }
        }
    }
}

struct Neighbours<'q>(&'q Tree<'q>, &'q Query);

impl Task for Neighbours<'_> {
    type Output = [Neighbour; NEIGHBOURS];

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        five_nearest(kernel, self.0, &kernel.prepare(self.1), K::Distance::UNBOUNDED.key(EMPTY_TAG)).keys.map(|key| {
            let (distance, tag) = K::Distance::split(key);
            Neighbour { reference: tag_reference(tag), distance, label: tag_label(tag) }
        })
    }
}

/// The five nearest of both labels, whose keys are known to be below `below`.
#[inline(always)]
fn five_nearest<K: Kernel>(
    kernel: K,
    tree: &Tree<'_>,
    query: &K::Prepared,
    below: <K::Distance as Distance>::Key,
) -> Best<K::Distance, NEIGHBOURS> {
    nearest(kernel, tree, query, Wanted { label: None, below, any: false })
}

/// The lanes whose bit is set, from the first on.
#[inline(always)]
fn lanes(mut bits: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = bits.trailing_zeros() as usize;
        if bits == 0 {
            return None;
        }
        bits &= bits - 1;
        Some(lane)
    })
}
