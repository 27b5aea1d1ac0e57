//! The two records that the search walks, inner nodes and leaves, each a whole number of cache lines.

use bytemuck::{Pod, Zeroable};

use super::block_codec::BLOCK_ALIGNMENT;
use super::bounds::Bounds;
use crate::format::SectionKind;
use crate::lanes::{LANES, PAIRS, Paired, Pairs};

/// Nodes on the longest way from a root, the root included, the leaf not.
pub const MAX_DEPTH: usize = 128;
/// Set in a child that is a leaf; the other bits are its position in its section.
pub const LEAF_FLAG: u32 = 1 << 31;

/// For each of 16 children the smallest box around some of its points. 896 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Boxes {
    /// Least value of each child in each dimension; zero in lanes without points.
    pub lower: Pairs<i16>,
    /// Greatest value of each child in each dimension; zero in lanes without points.
    pub upper: Pairs<i16>,
}

/// Up to 16 subtrees, each with a box around its points of either label. 1,920 bytes.
///
/// A box for each label is tighter than one for both, and lets a search look for one label alone.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Node {
    /// By label: the boxes around the children's points of that label.
    pub boxes: [Boxes; 2],
    /// A later node, or a leaf (with [`LEAF_FLAG`]); zero in unused lanes.
    pub children: [u32; LANES],
    /// By label: a bit for each child that holds points of that label. Lanes in use are the first ones.
    pub holds: [u16; 2],
    /// Zero.
    pub reserved: [u32; 15],
}

/// Up to 16 blocks of up to 16 points: where they lie, how they are packed, and a box around each. 832 bytes.
///
/// A box reaches in each dimension from `lower` to `lower + extent * unit`. The extent is rounded up, so a box is never
/// smaller than its points need, and its distance never more than theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Leaf {
    /// Least value of each block in each dimension, exactly; zero in unused lanes.
    pub lower: Pairs<i16>,
    /// Extent of each block in units of its dimension, rounded up.
    pub extent: Pairs<u8>,
    /// The unit of each dimension's extents: the least with which the largest fits a byte.
    pub unit: [[u16; 2]; PAIRS],
    /// Where the first block starts in its section, in units of [`BLOCK_ALIGNMENT`].
    pub start: u32,
    /// The first block's number: the row of its references.
    pub first_block: u32,
    /// By label: a bit for each block that holds points of that label. Lanes in use are the first ones.
    pub holds: [u16; 2],
    /// A bit for each point that is a fraud.
    pub frauds: [u16; LANES],
    /// How each block's values are packed: a number below [`FORMATS`](super::FORMATS).
    pub formats: [u16; LANES],
    /// Where each block starts, in units of [`BLOCK_ALIGNMENT`] behind `start`.
    pub places: [u8; LANES],
    /// Points of each block.
    pub points: [u8; LANES],
    /// Zero.
    pub reserved: [u32; 6],
}

const _: () = assert!(size_of::<Node>() as u64 == SectionKind::Nodes.element_bytes() && align_of::<Node>() == 4);
const _: () = assert!(size_of::<Leaf>() as u64 == SectionKind::Leaves.element_bytes() && align_of::<Leaf>() == 4);

impl Boxes {
    /// The box of a lane.
    pub(crate) fn at(&self, lane: usize) -> Bounds {
        Bounds {
            lower: std::array::from_fn(|pair| self.lower[pair][lane]),
            upper: std::array::from_fn(|pair| self.upper[pair][lane]),
        }
    }

    /// Puts a box into a lane.
    pub(crate) fn set(&mut self, lane: usize, bounds: &Bounds) {
        for pair in 0..PAIRS {
            self.lower[pair][lane] = bounds.lower[pair];
            self.upper[pair][lane] = bounds.upper[pair];
        }
    }
}

impl Node {
    /// Children of the node.
    pub fn count(&self) -> usize {
        (self.holds[0] | self.holds[1]).trailing_ones() as usize
    }
}

impl Leaf {
    /// A bit for each block.
    #[inline(always)]
    pub fn blocks(&self) -> u16 {
        self.holds[0] | self.holds[1]
    }

    /// A bit for each point of a block.
    #[inline(always)]
    pub fn lanes(&self, block: usize) -> u16 {
        ((1u32 << self.points[block]) - 1) as u16
    }

    /// A block's number in the image.
    #[inline(always)]
    pub fn number(&self, block: usize) -> usize {
        self.first_block as usize + block
    }

    /// Where a block starts in its section, in bytes.
    #[inline(always)]
    pub fn offset(&self, block: usize) -> usize {
        (self.start as usize + self.places[block] as usize) * BLOCK_ALIGNMENT
    }

    /// Least value of a block in each dimension.
    #[inline(always)]
    pub fn origin(&self, block: usize) -> Paired {
        std::array::from_fn(|pair| self.lower[pair][block])
    }
}
