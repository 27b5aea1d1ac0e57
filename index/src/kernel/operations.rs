//! What a search asks of an instruction set.

use super::Distance;
use crate::exact::layout::{Boxes, Leaf, PACKED_MAX};
use crate::lanes::{LANES, Paired};

/// What a search needs of an instruction set. Distances are squared, in units of 1/10000.
///
/// All values lie between 0 and 20000, as an image holds them, those of unused lanes too.
pub trait Kernel: Copy {
    /// Wide enough for every sum that the search lets the kernel make.
    type Distance: Distance;
    /// The query as the instructions want it.
    type Prepared: Copy;
    /// One distance for each of the 16 lanes.
    type Distances: Copy;
    /// The least keys so far, ascending: six at least.
    type Keys: Copy;

    /// Prepares a query, in the order of the image, once for many comparisons.
    fn prepare(self, query: &Paired) -> Self::Prepared;
    /// From the query to each child's box. Undefined in lanes without a box.
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes) -> Self::Distances;
    /// From the query to each block's box: never more than to any point inside. Undefined in lanes without a block.
    fn leaf_distances(self, query: &Self::Prepared, leaf: &Leaf) -> Self::Distances;
    /// From the query to each point of block `lane`, whose bytes start `packed`. Undefined in unused lanes.
    fn point_distances(
        self,
        query: &Self::Prepared,
        leaf: &Leaf,
        lane: usize,
        packed: &[u8; PACKED_MAX],
    ) -> Self::Distances;
    /// [`Distance::MAX`] in all lanes.
    fn splat_max(self) -> Self::Distances;
    /// The distances of the lanes in the mask, [`Distance::MAX`] in all others.
    fn mask(self, distances: Self::Distances, lanes: u16) -> Self::Distances;
    /// Lane by lane the lesser.
    fn min(self, a: Self::Distances, b: Self::Distances) -> Self::Distances;
    /// Argmin of `distance / 16`, rounded down; ties to the lowest lane. Not all lanes may be [`Distance::MAX`].
    fn argmin(self, distances: Self::Distances) -> usize;
    /// A bit for each lane that holds at most `limit`.
    fn le_mask(self, distances: Self::Distances, limit: Self::Distance) -> u16;
    /// A bit for each lane in which `a` is not farther than `b`.
    fn pairwise_le_mask(self, a: Self::Distances, b: Self::Distances) -> u16;
    /// The distances one by one.
    fn to_array(self, distances: Self::Distances) -> [Self::Distance; LANES];
    /// Writes the key of each point of `near`, twice its distance and its label, to `keys` from `at` on: to 16 places,
    /// whatever `near` is. Returns the place behind the last. `frauds` has a bit for each point that is one.
    fn write_keys(
        self,
        distances: Self::Distances,
        near: u16,
        frauds: u16,
        keys: &mut FoundKeys<Self>,
        at: usize,
    ) -> usize;
    /// No key yet: [`Distance::MAX`] in all places.
    fn no_keys(self) -> Self::Keys;
    /// With some more keys, in any order; [`Distance::MAX`] is none.
    fn insert(self, keys: Self::Keys, more: [Self::Distance; INSERTED]) -> Self::Keys;
    /// The fifth and the sixth key.
    fn fifth_and_sixth(self, keys: Self::Keys) -> (Self::Distance, Self::Distance);
    /// For each of the first five keys its lowest bit.
    fn lowest_bits(self, keys: Self::Keys) -> u8;
    /// The values of the lanes in the mask, in order, from the first place on; the other places are undefined.
    fn compress(self, values: &[u32; LANES], lanes: u16) -> [u32; LANES];
    /// A bit for each value whose highest bit is set.
    fn sign_mask(self, values: &[u32; LANES]) -> u16;
    /// Prefetches `bytes` bytes from the start of `record` on.
    fn prefetch<T: ?Sized>(self, record: &T, bytes: usize);
}

/// Keys that are inserted at a time: one by one, each insertion would depend on the one before it.
pub const INSERTED: usize = 4;

/// Capacity for pending keys: those of one block, and room for those of another.
pub const FOUND: usize = 3 * LANES;

/// Pending keys.
pub type FoundKeys<K> = [<K as Kernel>::Distance; FOUND];
