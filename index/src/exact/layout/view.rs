//! The trees of an image as its readers walk them.

use super::block_codec::PACKED_MAX;
use super::dimension_order::DimensionOrder;
use super::leaf_codec::{BlockPoints, decode_block};
use super::records::{LEAF_FLAG, Leaf, Node};
use super::references::References;
use crate::lanes::LANES;
use space::Point;

/// Two trees over disjoint references: a small *sample*, and the *rest*. Borrowed sections of an image.
#[derive(Clone, Copy)]
pub(crate) struct Trees<'a> {
    pub order: DimensionOrder,
    /// The sample's root first; parents before their children.
    pub nodes: &'a [Node],
    /// The root of the rest, which a very small index has not.
    pub rest: Option<u32>,
    pub leaves: &'a [Leaf],
    pub packed: &'a [u8],
    /// By block: the reference of each lane.
    pub references: References<'a>,
}

/// Where a reference's point lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The block's number, counted through all leaves.
    pub block: u32,
    /// Below 16.
    pub lane: u8,
}

/// What a lane of a node stands for.
#[derive(Clone, Copy)]
pub(crate) enum Child<'a> {
    Node(&'a Node),
    Leaf(&'a Leaf),
}

impl<'a> Trees<'a> {
    pub(crate) fn sample(&self) -> &'a Node {
        &self.nodes[0]
    }

    #[inline(always)]
    pub(crate) fn child(&self, child: u32) -> Child<'a> {
        match child & LEAF_FLAG {
            0 => Child::Node(&self.nodes[child as usize]),
            _ => Child::Leaf(&self.leaves[(child & !LEAF_FLAG) as usize]),
        }
    }

    /// The bytes from a block's start, and whatever follows it.
    #[inline(always)]
    pub(crate) fn window(&self, leaf: &Leaf, lane: usize) -> &'a [u8; PACKED_MAX] {
        let start = leaf.offset(lane);
        self.packed[start..start + PACKED_MAX].first_chunk().expect("a slice of that length")
    }

    /// The point in a lane of the block with a number; `None` if there is none.
    pub(crate) fn point(&self, Place { block, lane }: Place) -> Option<Point> {
        let (leaf, of_leaf) = self.find_block(block)?;
        let point = self.block(leaf, of_leaf)?.point(usize::from(lane));
        Point::new(self.order.unpair(&point)).ok()
    }

    /// The leaf of the block with a number, and which of its blocks it is.
    pub(crate) fn find_block(&self, number: u32) -> Option<(&'a Leaf, usize)> {
        let after = self.leaves.partition_point(|leaf| leaf.first_block <= number);
        let leaf = self.leaves.get(after.checked_sub(1)?)?;
        let of_leaf = (number - leaf.first_block) as usize;
        (of_leaf < LANES).then_some((leaf, of_leaf))
    }

    /// A block's points; `None` if its bytes are no block's.
    pub(crate) fn block(&self, leaf: &Leaf, lane: usize) -> Option<BlockPoints> {
        decode_block(leaf, lane, self.window(leaf, lane))
    }
}
