//! Blocks of points to a leaf and its packed bytes, and back.
//!
//! One way to write a leaf: the builder uses it, and a reader writes what it read once more and compares.

use space::Label;

use super::block_codec::{self, BLOCK_ALIGNMENT, PACKED_MAX};
use super::bounds::{Bounds, LabelBounds};
use super::records::Leaf;
use crate::lanes::{LANES, PAIRS, Paired, Pairs};

/// The points of a block while it is written or checked.
#[derive(Clone, Copy)]
pub(crate) struct BlockPoints {
    /// Those of unused lanes lie in the box of the others.
    pub values: Pairs<i16>,
    /// 1 to 16.
    pub points: u8,
    /// A bit for each fraud.
    pub frauds: u16,
}

impl BlockPoints {
    pub(crate) fn point(&self, lane: usize) -> Paired {
        std::array::from_fn(|pair| self.values[pair][lane])
    }

    fn lanes(&self) -> u16 {
        ((1u32 << self.points) - 1) as u16
    }

    pub(crate) fn label(&self, lane: usize) -> Label {
        if self.frauds >> lane & 1 == 1 { Label::Fraud } else { Label::Legit }
    }

    /// The boxes around the points of each label; `bounds` is the one around all.
    pub(crate) fn label_bounds(&self, bounds: &Bounds) -> LabelBounds {
        if self.frauds == 0 {
            return [*bounds, Bounds::EMPTY];
        }
        if self.frauds == self.lanes() {
            return [Bounds::EMPTY, *bounds];
        }
        let mut by_label = [Bounds::EMPTY; 2];
        for lane in 0..usize::from(self.points) {
            by_label[self.label(lane) as usize].include_point(&self.point(lane));
        }
        by_label
    }

    /// The box around all points.
    pub(crate) fn bounds(&self) -> Bounds {
        let mut bounds = Bounds { lower: self.point(0), upper: self.point(0) };
        for pair in 0..PAIRS {
            // All 16 lanes, whatever the block uses, so that the count is known.
            for values in &self.values[pair] {
                for side in 0..2 {
                    bounds.lower[pair][side] = bounds.lower[pair][side].min(values[side]);
                    bounds.upper[pair][side] = bounds.upper[pair][side].max(values[side]);
                }
            }
        }
        bounds
    }
}

/// Writes up to 16 blocks: the leaf, and their bytes behind `bytes`.
///
/// `first_block` is the first one's number, `bytes` the section of packed blocks so far.
pub(crate) fn encode_leaf(blocks: &[BlockPoints], first_block: u32, bytes: &mut Vec<u8>) -> Leaf {
    let mut leaf: Leaf = bytemuck::Zeroable::zeroed();
    leaf.first_block = first_block;
    let start = bytes.len();
    leaf.start = (start / BLOCK_ALIGNMENT) as u32;
    let mut extents = [[[0u16; 2]; LANES]; PAIRS];
    for (lane, block) in blocks.iter().enumerate() {
        let bounds = block.bounds();
        let mut values = block.values;
        for pair in 0..PAIRS {
            values[pair][usize::from(block.points)..].fill(bounds.lower[pair]);
            leaf.lower[pair][lane] = bounds.lower[pair];
            let extent = |side: usize| (bounds.upper[pair][side] - bounds.lower[pair][side]) as u16;
            extents[pair][lane] = [extent(0), extent(1)];
        }
        leaf.places[lane] = ((bytes.len() - start) / BLOCK_ALIGNMENT) as u8;
        let (format, packed) = block_codec::encode(&values, &bounds.lower);
        bytes.extend_from_slice(&packed);
        leaf.formats[lane] = format;
        leaf.points[lane] = block.points;
        leaf.frauds[lane] = block.frauds;
        leaf.holds[Label::Legit as usize] |= u16::from(block.frauds != block.lanes()) << lane;
        leaf.holds[Label::Fraud as usize] |= u16::from(block.frauds != 0) << lane;
    }
    round_up(&extents, &mut leaf);
    leaf
}

/// Extents in units of a byte, none smaller than it was.
fn round_up(extents: &Pairs<u16>, leaf: &mut Leaf) {
    for pair in 0..PAIRS {
        for side in 0..2 {
            let largest = extents[pair].iter().map(|extent| extent[side]).max().unwrap_or(0);
            let unit = largest.div_ceil(u16::from(u8::MAX)).max(1);
            leaf.unit[pair][side] = unit;
            for lane in 0..LANES {
                leaf.extent[pair][lane][side] = extents[pair][lane][side].div_ceil(unit) as u8;
            }
        }
    }
}

/// The points of block `lane` whose packed bytes start `window`. `None` if they are no block's.
pub(crate) fn decode_block(leaf: &Leaf, lane: usize, window: &[u8; PACKED_MAX]) -> Option<BlockPoints> {
    let values = block_codec::decode(leaf.formats[lane], window, &leaf.origin(lane))?;
    Some(BlockPoints { values, points: leaf.points[lane], frauds: leaf.frauds[lane] })
}

/// The box of block `lane` as a search sees it: around its points, or a little larger.
#[cfg(test)]
pub(crate) fn block_box(leaf: &Leaf, lane: usize) -> Bounds {
    let lower = leaf.origin(lane);
    let upper = std::array::from_fn(|pair| {
        std::array::from_fn(|side| {
            let extent = i32::from(leaf.extent[pair][lane][side]) * i32::from(leaf.unit[pair][side]);
            // Saturated it is still at least the largest value.
            i16::try_from(i32::from(lower[pair][side]) + extent).unwrap_or(i16::MAX)
        })
    });
    Bounds { lower, upper }
}
