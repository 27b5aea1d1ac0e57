//! Exact search: first a proof that needs few points, then, if it fails, the five nearest themselves.
//!
//! *Proof* ([`proof`]). If five references of one label lie within a distance `r` and no reference of the other label
//! does, then the five nearest all lie within `r` (at least five do) and all have that label: the answer is 0 or 5. Any
//! five will do, so the nearest block's are taken, and only boxes of the other label within `r` need a look.
//!
//! *Search* ([`nearest`]). Nearest box first, until no box left is as near as the fifth point found. A box is never
//! farther than a point inside, so a subtree is left out only if it is *farther* than the fifth point, and then so are
//! all its points. A box at that very distance is still opened: it may hold a lower reference, which wins the tie.

mod five;
mod nearest;
mod proof;

use transaction::{DIMENSIONS, Query};

use crate::format::{BLOCK_FLAG, Block, Bounds, Node, tag_label, tag_reference};
use crate::kernel::{Chosen, Distance, Kernel, Scalar, Task};
use crate::{NEIGHBOURS, Neighbour};

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
}

/// What a lane of a node stands for.
enum Child<'a> {
    Node(&'a Node),
    Block(&'a Block),
}

impl Child<'_> {
    #[inline(always)]
    fn prefetch<K: Kernel>(&self, kernel: K) {
        match self {
            Child::Node(node) => kernel.prefetch(*node),
            Child::Block(block) => kernel.prefetch(*block),
        }
    }
}

struct Classify<'q>(&'q Tree<'q>, &'q Query);

impl Task for Classify<'_> {
    type Output = u8;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> u8 {
        let query = kernel.prepare(self.1);
        if let Some(label) = proof::prove(kernel, self.0, &query) {
            return label as u8 * NEIGHBOURS as u8;
        }
        let five = nearest::five_nearest(kernel, self.0, &query);
        five.keys.iter().map(|key| (K::Distance::split(*key).1 & 1) as u8).sum()
    }
}

struct Neighbours<'q>(&'q Tree<'q>, &'q Query);

impl Task for Neighbours<'_> {
    type Output = [Neighbour; NEIGHBOURS];

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        nearest::five_nearest(kernel, self.0, &kernel.prepare(self.1)).keys.map(|key| {
            let (distance, tag) = K::Distance::split(key);
            Neighbour { reference: tag_reference(tag), distance, label: tag_label(tag) }
        })
    }
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
