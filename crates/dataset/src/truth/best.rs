//! The five nearest references of a query so far, and the arithmetic of distances that decides who they are.
//!
//! A squared distance may need 33 bits. So it is summed up in two parts that fit 32 bits each, and a coarse distance,
//! never over a quarter of the true one, decides in 32 bits whether the true one is worth computing.

use super::tile::{LANES, PAIRS, Tile};
use space::{NEIGHBOURS, SCALE};

/// Pairs of dimensions in the first part of a distance.
pub(crate) const FIRST_PAIRS: usize = 5;
/// A quarter is this many bits less.
pub(crate) const QUARTER_BITS: u32 = 2;

/// Place of the farthest of the nearest.
const LAST: usize = NEIGHBOURS - 1;

const LONGEST_PAIR: u64 = 2 * (2 * SCALE as u64).pow(2);
const _: () = assert!(FIRST_PAIRS as u64 * LONGEST_PAIR <= u32::MAX as u64);
const _: () = assert!((PAIRS as u64 * LONGEST_PAIR) >> QUARTER_BITS < i32::MAX as u64);

/// The two parts of each lane's distance.
pub(crate) type Parts = [[u32; LANES]; 2];

/// The nearest references of one query so far, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Best {
    distances: [u64; NEIGHBOURS],
    references: [u32; NEIGHBOURS],
}

impl Best {
    pub(crate) const NONE: Self = Self { distances: [u64::MAX; NEIGHBOURS], references: [0; NEIGHBOURS] };

    pub(crate) fn references(&self) -> impl Iterator<Item = u32> {
        let found = self.distances.iter().zip(self.references);
        found.filter(|&(&distance, _)| distance < u64::MAX).map(|(_, reference)| reference)
    }

    /// What the coarse distance of every reference that is nearer than the fifth is less than.
    pub(crate) fn coarse_limit(&self) -> i32 {
        i32::try_from(self.distances[LAST].div_ceil(1 << QUARTER_BITS)).unwrap_or(i32::MAX)
    }

    /// Takes the distances of a tile's block, passing over lanes that hold no reference.
    pub(crate) fn insert_lanes(&mut self, [first, second]: &Parts, tile: &Tile, block: usize) {
        let first_lane = block * LANES;
        for (lane, (&first, &second)) in (first_lane..tile.count).zip(first.iter().zip(second)) {
            self.insert(u64::from(first) + u64::from(second), tile.first + lane as u32);
        }
    }

    /// References must come in ascending order: then the later of two equal distances is the higher reference.
    fn insert(&mut self, distance: u64, reference: u32) {
        if distance >= self.distances[LAST] {
            return;
        }
        let mut place = LAST;
        while place > 0 && self.distances[place - 1] > distance {
            self.distances[place] = self.distances[place - 1];
            self.references[place] = self.references[place - 1];
            place -= 1;
        }
        self.distances[place] = distance;
        self.references[place] = reference;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Best {
        /// Five references, all at one distance.
        pub(crate) fn at(distance: u64) -> Self {
            Self { distances: [distance; NEIGHBOURS], references: [0; NEIGHBOURS] }
        }
    }

    #[test]
    fn equal_distances_keep_the_lower_references_in_order() {
        let mut best = Best::NONE;
        for (reference, distance) in [7, 3, 7, 3, 7, 7, 3, 0].into_iter().enumerate() {
            best.insert(distance, reference as u32);
        }
        assert_eq!(best.references, [7, 1, 3, 6, 0]);
    }

    #[test]
    fn nothing_is_nearer_than_five_at_distance_zero() {
        let mut best = Best::NONE;
        assert_eq!(best.coarse_limit(), i32::MAX);
        (0..5).for_each(|reference| best.insert(0, reference));
        assert_eq!(best.coarse_limit(), 0);
    }
}
