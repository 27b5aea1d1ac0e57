//! Distances from queries to tiles of references, and the five best of them.

use crate::avx2;
use crate::tile::{Block, LANES, Tile};
use std::ops::AddAssign;
use transaction::{DIMENSIONS, Query};

/// What squared distances are summed up in.
pub(crate) trait Sum: Copy + Ord + AddAssign + From<i32> + Send + Sync + 'static {
    const ZERO: Self;
    /// Larger than every distance it is used for.
    const MAX: Self;

    /// Takes the tiles' references, which come in ascending order, into the best of each query.
    fn scan(tiles: &[Tile], queries: &[Query], best: &mut [Best<Self>]) {
        scan_portable(tiles, queries, best);
    }
}

impl Sum for i32 {
    const ZERO: Self = 0;
    const MAX: Self = i32::MAX;

    fn scan(tiles: &[Tile], queries: &[Query], best: &mut [Best<Self>]) {
        avx2::scan(tiles, queries, best).unwrap_or_else(|| scan_portable(tiles, queries, best));
    }
}

impl Sum for i64 {
    const ZERO: Self = 0;
    const MAX: Self = i64::MAX;
}

/// Which [`Sum`] holds every distance between some queries and some references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DistanceRange {
    Fits32Bits,
    Needs64Bits,
}

impl DistanceRange {
    pub(crate) fn of(queries: &[Query], references: &[Query]) -> Self {
        let (queries, references) = (extent(queries), extent(references));
        let widest = queries.iter().zip(&references).map(|(query, reference)| {
            let difference = (query.1 - reference.0).max(reference.1 - query.0).max(0) as u64;
            difference * difference
        });
        // i32::MAX itself stands for "none yet"
        if widest.sum::<u64>() < i32::MAX as u64 { Self::Fits32Bits } else { Self::Needs64Bits }
    }
}

/// Least and greatest value of each dimension.
fn extent(vectors: &[Query]) -> [(i64, i64); DIMENSIONS] {
    let mut extent = [(i64::from(i16::MAX), i64::from(i16::MIN)); DIMENSIONS];
    for vector in vectors {
        for (extent, &value) in extent.iter_mut().zip(vector.values()) {
            *extent = (extent.0.min(i64::from(value)), extent.1.max(i64::from(value)));
        }
    }
    extent
}

/// The nearest references of one query so far, nearest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Best<S> {
    distances: [S; 5],
    references: [u32; 5],
}

impl<S: Sum> Best<S> {
    pub(crate) const NONE: Self = Self { distances: [S::MAX; 5], references: [0; 5] };

    pub(crate) fn references(&self) -> impl Iterator<Item = u32> {
        let found = self.distances.iter().zip(self.references);
        found.filter(|&(&distance, _)| distance < S::MAX).map(|(_, reference)| reference)
    }

    pub(crate) fn worst(&self) -> S {
        self.distances[4]
    }

    /// Takes the distances of a tile's block, passing over lanes that hold no reference.
    pub(crate) fn insert_lanes(&mut self, distances: &[S; LANES], tile: &Tile, block: usize) {
        let first_lane = block * LANES;
        for (lane, &distance) in (first_lane..tile.count).zip(distances) {
            self.insert(distance, tile.first + lane as u32);
        }
    }

    /// References must come in ascending order: then the later of two equal distances is the higher reference.
    fn insert(&mut self, distance: S, reference: u32) {
        if distance >= self.worst() {
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

/// Takes the tiles' references into the best of each query, in portable code.
pub(crate) fn scan_portable<S: Sum>(tiles: &[Tile], queries: &[Query], best: &mut [Best<S>]) {
    for tile in tiles {
        for (query, best) in queries.iter().zip(best.iter_mut()) {
            for (number, block) in tile.used_blocks().iter().enumerate() {
                let distances = block_distances(block, query);
                let worst = best.worst();
                // without a branch for each lane this needs but a few instructions
                if distances.iter().fold(false, |any, &distance| any | (distance < worst)) {
                    best.insert_lanes(&distances, tile, number);
                }
            }
        }
    }
}

fn block_distances<S: Sum>(block: &Block, query: &Query) -> [S; LANES] {
    let mut distances = [S::ZERO; LANES];
    for (block_pair, query_pair) in block.0.iter().zip(query.values().chunks_exact(2)) {
        for (distance, lane) in distances.iter_mut().zip(block_pair.chunks_exact(2)) {
            let first = i32::from(lane[0]) - i32::from(query_pair[0]);
            let second = i32::from(lane[1]) - i32::from(query_pair[1]);
            // at most 2 * 20000^2, which an i32 holds
            *distance += S::from(first * first + second * second);
        }
    }
    distances
}
