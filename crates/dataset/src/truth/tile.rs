//! References laid out so that one instruction works on many of them.

use space::{DIMENSIONS, Point};

pub(crate) const PAIRS: usize = DIMENSIONS / 2;
/// References side by side in a block.
pub(crate) const LANES: usize = 16;
/// Blocks of a tile: with these it stays in a core's first cache while queries pass over it.
const TILE_BLOCKS: usize = 32;

/// For each pair of dimensions the two values of every lane, side by side: two products of differences then meet in
/// one multiply-add.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Block(pub(crate) [[i16; 2 * LANES]; PAIRS]);

/// Consecutive references.
#[derive(Clone)]
pub(crate) struct Tile {
    blocks: [Block; TILE_BLOCKS],
    /// The number of the first reference.
    pub(crate) first: u32,
    /// How many lanes hold references; the rest is stale and must be passed over.
    pub(crate) count: usize,
}

impl Tile {
    pub(crate) const REFERENCES: usize = TILE_BLOCKS * LANES;
    pub(crate) const EMPTY: Self = Self { blocks: [Block([[0; 2 * LANES]; PAIRS]); TILE_BLOCKS], first: 0, count: 0 };

    pub(crate) fn used_blocks(&self) -> &[Block] {
        &self.blocks[..self.count.div_ceil(LANES)]
    }

    /// Takes up to [`Tile::REFERENCES`] vectors.
    pub(crate) fn fill(&mut self, first: u32, vectors: &[Point]) {
        self.first = first;
        self.count = vectors.len();
        for (block, vectors) in self.blocks.iter_mut().zip(vectors.chunks(LANES)) {
            for (lane, vector) in vectors.iter().enumerate() {
                for (pair, values) in block.0.iter_mut().zip(vector.values().chunks_exact(2)) {
                    pair[2 * lane..2 * lane + 2].copy_from_slice(values);
                }
            }
        }
    }
}
