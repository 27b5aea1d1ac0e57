//! The two records that the search walks: nodes and blocks, each a whole number of cache lines.

use bytemuck::{Pod, Zeroable};
use transaction::{DIMENSIONS, Label};

/// Points of a block, children of a node: the lanes of one 512-bit register of 32-bit sums.
pub const LANES: usize = 16;
/// Dimensions lie in pairs, so that one multiply-add instruction squares and sums both.
pub const DIMENSION_PAIRS: usize = DIMENSIONS / 2;
/// Nodes on the longest way from the root, the root included.
pub const MAX_DEPTH: usize = 128;
/// The most references of an image: a tag spends 31 bits on the reference, and one value means "empty".
pub const MAX_REFERENCES: u32 = (1 << 31) - 1;
/// Set in a child that is a block; the other bits are its position in its section.
pub const BLOCK_FLAG: u32 = 1 << 31;
/// The tag of a lane that holds no point.
pub const EMPTY_TAG: u32 = u32::MAX;

const _: () = assert!(DIMENSIONS.is_multiple_of(2));

/// 14 values of 16 lanes: `[pair][lane][which of the pair]`.
pub type Lanes = [[[i16; 2]; LANES]; DIMENSION_PAIRS];

/// For each of 16 children the smallest box around some of its points. 896 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Boxes {
    /// Least value of each child in each dimension; zero in lanes without points.
    pub lower: Lanes,
    /// Greatest value of each child in each dimension; zero in lanes without points.
    pub upper: Lanes,
}

/// Up to 16 subtrees, each with a box around its points of either label. 1,920 bytes.
///
/// A box for each label is tighter than one for both, and lets a search look for one label alone.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Node {
    /// By label: the boxes around the children's points of that label.
    pub boxes: [Boxes; 2],
    /// A later node, or a block (with [`BLOCK_FLAG`]); zero in unused lanes.
    pub children: [u32; LANES],
    /// By label: a bit for each child that holds points of that label. Lanes in use are the first ones.
    pub holds: [u16; 2],
    /// Zero.
    pub reserved: [u32; 15],
}

/// Up to 16 points and what they are. 512 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Block {
    /// Values of each point in each dimension; zero in unused lanes.
    pub vectors: Lanes,
    /// `reference << 1 | label` of each point, ascending; [`EMPTY_TAG`] in unused lanes, which come last.
    pub tags: [u32; LANES],
}

const _: () = assert!(size_of::<Node>() == 1920 && align_of::<Node>() == 4);
const _: () = assert!(size_of::<Block>() == 512 && align_of::<Block>() == 4);

impl Node {
    /// Children of the node.
    pub fn count(&self) -> usize {
        (self.holds[0] | self.holds[1]).trailing_ones() as usize
    }
}

impl Block {
    /// The vector in a lane.
    pub fn vector(&self, lane: usize) -> [i16; DIMENSIONS] {
        vector(&self.vectors, lane)
    }
}

/// The 14 values of a lane.
pub(super) fn vector(lanes: &Lanes, lane: usize) -> [i16; DIMENSIONS] {
    std::array::from_fn(|dimension| lanes[dimension / 2][lane][dimension % 2])
}

/// Puts 14 values into a lane.
pub(crate) fn set_vector(lanes: &mut Lanes, lane: usize, values: &[i16; DIMENSIONS]) {
    for (dimension, value) in values.iter().enumerate() {
        lanes[dimension / 2][lane][dimension % 2] = *value;
    }
}

/// A point's identity in 32 bits. Tags order as their references do.
pub(crate) fn tag(reference: u32, label: Label) -> u32 {
    reference << 1 | label as u32
}

pub(crate) fn tag_reference(tag: u32) -> u32 {
    tag >> 1
}

pub(crate) fn tag_label(tag: u32) -> Label {
    if tag & 1 == 1 { Label::Fraud } else { Label::Legit }
}
