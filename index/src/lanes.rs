//! The shape of everything that is compared at once: 16 lanes, dimensions in pairs.

use space::DIMENSIONS;

/// Points of a block, blocks of a leaf, children of a node: the lanes of one 512-bit register of 32-bit sums.
pub const LANES: usize = 16;
/// Dimensions lie in pairs, so that one multiply-add instruction squares and sums both.
pub const PAIRS: usize = DIMENSIONS / 2;

const _: () = assert!(DIMENSIONS.is_multiple_of(2));

/// 14 values of 16 lanes: `[pair][lane][which of the pair]`.
pub type Pairs<T> = [[[T; 2]; LANES]; PAIRS];

/// 14 values of one vector, in the order of the image: `[pair][which of the pair]`.
pub type Paired = [[i16; 2]; PAIRS];
