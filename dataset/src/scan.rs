//! Distances from queries to tiles of references, and the five best of them.
//!
//! A squared distance may need 33 bits. So it is summed up in two parts that fit 32 bits each, and a coarse distance,
//! never over a quarter of the true one, decides in 32 bits whether the true one is worth computing.

use crate::avx2;
use crate::tile::{Block, LANES, PAIRS, Tile};
use transaction::{Query, SCALE};

/// Pairs of dimensions in the first part of a distance.
pub(crate) const FIRST_PAIRS: usize = 5;
/// A quarter is this many bits less.
pub(crate) const QUARTER_BITS: u32 = 2;

const LONGEST_PAIR: u64 = 2 * (2 * SCALE as u64).pow(2);
const _: () = assert!(FIRST_PAIRS as u64 * LONGEST_PAIR <= u32::MAX as u64);
const _: () = assert!((PAIRS as u64 * LONGEST_PAIR) >> QUARTER_BITS < i32::MAX as u64);

/// The two parts of each lane's distance.
pub(crate) type Parts = [[u32; LANES]; 2];

/// The nearest references of one query so far, nearest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Best {
    distances: [u64; 5],
    references: [u32; 5],
}

impl Best {
    pub(crate) const NONE: Self = Self { distances: [u64::MAX; 5], references: [0; 5] };

    pub(crate) fn references(&self) -> impl Iterator<Item = u32> {
        let found = self.distances.iter().zip(self.references);
        found.filter(|&(&distance, _)| distance < u64::MAX).map(|(_, reference)| reference)
    }

    /// What the coarse distance of every reference that is nearer than the fifth is less than.
    pub(crate) fn coarse_limit(&self) -> i32 {
        i32::try_from(self.distances[4].div_ceil(1 << QUARTER_BITS)).unwrap_or(i32::MAX)
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
        if distance >= self.distances[4] {
            return;
        }
        let mut place = 4;
        while place > 0 && self.distances[place - 1] > distance {
            self.distances[place] = self.distances[place - 1];
            self.references[place] = self.references[place - 1];
            place -= 1;
        }
        self.distances[place] = distance;
        self.references[place] = reference;
    }
}

/// Takes the tiles' references, which come in ascending order, into the best of each query.
pub(crate) fn scan(tiles: &[Tile], queries: &[Query], best: &mut [Best]) {
    avx2::scan(tiles, queries, best).unwrap_or_else(|| scan_portable(tiles, queries, best));
}

fn scan_portable(tiles: &[Tile], queries: &[Query], best: &mut [Best]) {
    for tile in tiles {
        for (query, best) in queries.iter().zip(best.iter_mut()) {
            let mut limit = best.coarse_limit() as u32;
            for (number, block) in tile.used_blocks().iter().enumerate() {
                let parts = distance_parts(block, query);
                if is_any_nearer(&parts, limit) {
                    best.insert_lanes(&parts, tile, number);
                    limit = best.coarse_limit() as u32;
                }
            }
        }
    }
}

fn distance_parts(block: &Block, query: &Query) -> Parts {
    let mut parts = [[0; LANES]; 2];
    for (pair, (block_pair, query_pair)) in block.0.iter().zip(query.values().chunks_exact(2)).enumerate() {
        let part = &mut parts[usize::from(pair >= FIRST_PAIRS)];
        for (distance, lane) in part.iter_mut().zip(block_pair.chunks_exact(2)) {
            let first = i32::from(lane[0]) - i32::from(query_pair[0]);
            let second = i32::from(lane[1]) - i32::from(query_pair[1]);
            *distance += (first * first + second * second) as u32;
        }
    }
    parts
}

/// Free of branches, so that compilers can make few instructions of it.
fn is_any_nearer([first, second]: &Parts, limit: u32) -> bool {
    let lanes = first.iter().zip(second);
    lanes.fold(false, |any, (first, second)| any | ((first >> QUARTER_BITS) + (second >> QUARTER_BITS) < limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use transaction::DIMENSIONS;

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

    fn query() -> impl Strategy<Value = Query> {
        let value = prop_oneof![-SCALE..=SCALE, Just(SCALE), Just(-SCALE), Just(0)];
        prop::array::uniform14(value).prop_map(|values| Query::new(values).unwrap())
    }

    proptest! {
        #[test]
        fn scans_agree_on_any_vectors(
            vectors in prop::collection::vec(query(), 1..3 * Tile::REFERENCES / 2),
            queries in prop::collection::vec(query(), 1..5),
        ) {
            let tiles: Vec<Tile> = (0..).zip(vectors.chunks(Tile::REFERENCES)).map(|(number, vectors)| {
                let mut tile = Tile::EMPTY;
                tile.fill(number * Tile::REFERENCES as u32, vectors);
                tile
            }).collect();
            let mut portable = vec![Best::NONE; queries.len()];
            scan_portable(&tiles, &queries, &mut portable);
            let mut fastest = vec![Best::NONE; queries.len()];
            scan(&tiles, &queries, &mut fastest);
            for (portable, fastest) in portable.iter().zip(&fastest) {
                prop_assert_eq!(portable.references, fastest.references);
                prop_assert_eq!(portable.distances, fastest.distances);
            }
        }

        #[test]
        fn coarse_limit_never_hides_a_nearer_reference(
            query in query(),
            vector in query(),
            worst in prop_oneof![0u64..1 << 33, 0u64..100],
        ) {
            let mut tile = Tile::EMPTY;
            tile.fill(0, &[vector]);
            let parts = distance_parts(&tile.used_blocks()[0], &query);
            let distance: i64 = (0..DIMENSIONS)
                .map(|dimension| i64::from(query.values()[dimension]) - i64::from(vector.values()[dimension]))
                .map(|difference| difference * difference)
                .sum();
            prop_assert_eq!(i64::from(parts[0][0]) + i64::from(parts[1][0]), distance);
            let best = Best { distances: [worst; 5], references: [0; 5] };
            let only_lane = [[parts[0][0]; LANES], [parts[1][0]; LANES]];
            let is_nearer = (distance as u64) < worst;
            prop_assert!(!is_nearer || is_any_nearer(&only_lane, best.coarse_limit() as u32));
        }
    }
}
