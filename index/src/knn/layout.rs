//! What lies in the sections of an image of rows.
//!
//! Equal rows are one *point*, stored once, in the order in which the tree was split; a *slot* is a point's position in that
//! order. 16 slots are a block. A node stands for up to 16 nodes or blocks. What is compared lies in *columns*: 16 words of 32
//! bits, one for each lane, so that one instruction compares 16 points or boxes. A word is two dimensions of the grid, 16 bits
//! each, or one `f32`.

use bytemuck::{Pod, Zeroable};

use crate::lanes::LANES;

/// The engine's name in an image's header.
pub const ENGINE: &str = "knn";

/// One word for each lane.
pub type Column = [u32; LANES];

/// Lower and upper edges of 16 boxes, in one column of words.
pub type BoxColumn = [Column; 2];

/// Most dimensions that these searches take.
pub const MAX_DIMENSIONS: usize = 32;
/// Most neighbours that a search is asked for.
pub const MAX_NEIGHBOURS: usize = 1000;
/// Most rows of an image.
pub const MAX_ROWS: usize = (1 << 31) - 1;
/// Levels of a tree: 16 to this power blocks hold more than [`MAX_ROWS`].
pub const MAX_LEVELS: usize = 7;

/// Kinds of sections, in their order.
pub mod section {
    /// A [`super::Shape`].
    pub const SHAPE: u32 = 32;
    /// A [`super::Dimension`] for each dimension.
    pub const DIMENSIONS: u32 = 33;
    /// A [`super::Link`] for each node; the root is the first.
    pub const LINKS: u32 = 34;
    /// For each node a [`super::BoxColumn`] for each column.
    pub const BOXES: u32 = 35;
    /// For each block a [`super::Column`] for each column; of a scan a [`super::CodeColumn`] for each two dimensions.
    pub const BLOCKS: u32 = 36;
    /// For each slot the lowest row of its point.
    pub const ROWS: u32 = 37;
    /// A [`super::Copies`] for each point of several rows, by ascending slot.
    pub const COPIES: u32 = 38;
    /// Their rows, ascending for each point, without the lowest.
    pub const COPIED_ROWS: u32 = 39;
    /// The values of each slot's point as they were given, `f32`; not where the grid is the truth.
    pub const VALUES: u32 = 40;
    /// For each dimension 16 [`super::Cell`]s.
    pub const CELLS: u32 = 41;
    /// A byte for each row: its label.
    pub const LABELS: u32 = 42;
    /// The words of each slot's point, column by column: of a scan whose truth is the grid.
    pub const PLACES: u32 = 43;
    /// For each node a [`super::LabelMasks`]; only of a tree of two labels.
    pub const LABEL_MASKS: u32 = 44;
}

/// How points are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Method {
    /// Boxes and points on a grid of 16 bits a dimension.
    GridTree = 1,
    /// Boxes and points as they were given.
    FloatTree = 2,
    /// All points, in cells of 4 bits a dimension.
    CellScan = 3,
}

impl Method {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::GridTree, Self::FloatTree, Self::CellScan];

    /// The name that people read and type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GridTree => "grid-tree",
            Self::FloatTree => "float-tree",
            Self::CellScan => "cell-scan",
        }
    }

    /// Columns of `varying` dimensions.
    pub const fn columns(self, varying: usize) -> usize {
        match self {
            Self::GridTree => varying.div_ceil(2),
            Self::FloatTree => varying,
            Self::CellScan => 0,
        }
    }
}

/// What there is how many of.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Shape {
    /// Rows given.
    pub rows: u32,
    /// Points: rows without their copies.
    pub points: u32,
    /// Values of a row.
    pub dimensions: u32,
    /// Dimensions in which not all rows are equal.
    pub varying: u32,
    /// A [`Method`]; with [`GRID_IS_TRUTH`] if there are no other values than those of places on the grid.
    pub method: u32,
    /// Labels that rows can have; 0 if they have none.
    pub labels: u32,
    /// One step of the grid, in weighted units; 1 without a grid.
    pub step: f64,
    /// The farthest that a point lies from its place on the grid, in steps; 0 without a grid.
    pub error: f64,
}

/// Marks an image without the values that were given: a point's are those of its place on the grid.
pub const GRID_IS_TRUTH: u32 = 1 << 31;

/// What there is to say about a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Dimension {
    /// What its squared differences are multiplied by.
    pub weight: f64,
    /// The least value given.
    pub lower: f32,
    /// The greatest value given.
    pub upper: f32,
}

/// Where a node's children are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Link {
    /// The first of them; the others follow. A node, or a block of a leaf.
    pub first: u32,
    /// How many, 1 to 16; with [`LEAF`] if they are blocks.
    pub children: u32,
}

/// By label, a bit for each child of a node that holds a row with it.
pub type LabelMasks = [u16; 2];

/// Marks a node whose children are blocks.
pub const LEAF: u32 = 1 << 31;

impl Link {
    /// Whether children are blocks.
    #[inline(always)]
    pub const fn is_leaf(self) -> bool {
        self.children & LEAF != 0
    }

    /// A bit for each child.
    #[inline(always)]
    pub const fn lanes(self) -> u16 {
        (((1u32 << (self.children & 31)) - 1) & 0xffff) as u16
    }
}

/// The further rows of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Copies {
    /// The point's slot.
    pub slot: u32,
    /// Where its rows begin in [`section::COPIED_ROWS`]; they end where the next point's begin.
    pub start: u32,
}

/// The values of a dimension that one code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Cell {
    /// The least.
    pub lower: f32,
    /// The greatest; below `lower` if no point has the code.
    pub upper: f32,
}

/// Codes of a dimension.
pub const CELLS: usize = 16;
/// Points whose codes lie together.
pub const CODE_LANES: usize = 64;

/// The codes of 64 points in two dimensions: the first one's in the low halves of the bytes.
pub type CodeColumn = [u8; CODE_LANES];

/// The nodes of a tree over so many blocks, the root first: what the tree looks like follows from this number alone.
///
/// A node has as few children as can hold its blocks in trees of full nodes, and shares the blocks evenly among them.
pub fn tree_links(blocks: usize) -> Vec<Link> {
    let mut links = vec![Link::zeroed()];
    // By node: its first block, and how many.
    let mut spans = vec![(0, blocks)];
    let mut node = 0;
    while node < links.len() {
        let (first, blocks) = spans[node];
        if blocks <= LANES {
            links[node] = Link { first: first as u32, children: blocks as u32 | LEAF };
        } else {
            links[node] = Link { first: links.len() as u32, children: children(blocks) as u32 };
            let mut start = first;
            for child in 0..children(blocks) {
                let share = share(blocks, child);
                spans.push((start, share));
                links.push(Link::zeroed());
                start += share;
            }
        }
        node += 1;
    }
    links
}

/// The masks of all nodes; `labels` are those of a slot's rows, a bit each.
pub fn label_masks(links: &[Link], points: usize, labels: impl Fn(usize) -> u8) -> Vec<LabelMasks> {
    let mut masks = vec![[0; 2]; links.len()];
    // Children lie behind their parents.
    for (number, link) in links.iter().enumerate().rev() {
        for lane in 0..(link.children & !LEAF) as usize {
            let child = link.first as usize + lane;
            let held = if link.is_leaf() {
                (child * LANES..points.min((child + 1) * LANES)).fold(0, |held, slot| held | labels(slot))
            } else {
                (0..2).fold(0, |held, label| held | u8::from(masks[child][label] != 0) << label)
            };
            (0..2).for_each(|label| masks[number][label] |= u16::from(held >> label & 1) << lane);
        }
    }
    masks
}

/// Children of a node above so many blocks, more than 16.
pub fn children(blocks: usize) -> usize {
    let mut capacity = LANES;
    while capacity * LANES < blocks {
        capacity *= LANES;
    }
    blocks.div_ceil(capacity)
}

/// Blocks of child `child` of a node above `blocks` blocks.
pub fn share(blocks: usize, child: usize) -> usize {
    let children = children(blocks);
    blocks / children + usize::from(child < blocks % children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_in_one_leaf_and_every_node_below_one() {
        for blocks in (1..600).chain([4095, 4096, 4097, 65_535, 65_536, 65_537, 100_000]) {
            let links = tree_links(blocks);
            let (mut next_node, mut next_block) = (1, Vec::new());
            for link in &links {
                let count = (link.children & !LEAF) as usize;
                assert!((1..=LANES).contains(&count), "{blocks} blocks");
                assert_eq!(link.lanes().count_ones() as usize, count);
                if link.is_leaf() {
                    next_block.push((link.first, count as u32));
                } else {
                    assert_eq!(link.first as usize, next_node, "{blocks} blocks");
                    next_node += count;
                }
            }
            assert_eq!(next_node, links.len());
            next_block.sort_unstable();
            let end = next_block.iter().fold(0, |end, (first, count)| {
                assert_eq!(*first, end, "{blocks} blocks");
                end + count
            });
            assert_eq!(end as usize, blocks);
        }
    }

    #[test]
    fn no_tree_is_deeper_than_the_bound() {
        let mut blocks = MAX_ROWS.div_ceil(LANES);
        let mut levels = 1;
        while blocks > LANES {
            blocks = share(blocks, 0);
            levels += 1;
        }
        assert!(levels <= MAX_LEVELS, "{levels}");
    }
}
