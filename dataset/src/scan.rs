//! Distances from queries to tiles of references, and the five best of them.

use crate::tile::{Block, LANES, PAIRS, Tile};
use std::ops::AddAssign;
use transaction::{DIMENSIONS, Query};

/// What squared distances are summed up in.
pub(crate) trait Sum: Copy + Ord + AddAssign + From<i32> + Send + Sync + 'static {
    const ZERO: Self;
    const MAX: Self;
}

impl Sum for i32 {
    const ZERO: Self = 0;
    const MAX: Self = i32::MAX;
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

    fn worst(&self) -> S {
        self.distances[4]
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

/// Takes the tiles' references into the best of each query.
pub(crate) fn scan<S: Sum>(tiles: &[Tile], queries: &[Query], best: &mut [Best<S>]) {
    crate::avx2::scan(tiles, queries, best).unwrap_or_else(|| scan_any(tiles, queries, best));
}

/// The scan itself, inlined into functions that promise more of the processor than the whole program does.
#[inline(always)]
pub(crate) fn scan_any<S: Sum>(tiles: &[Tile], queries: &[Query], best: &mut [Best<S>]) {
    for tile in tiles {
        for (query, best) in queries.iter().zip(best.iter_mut()) {
            scan_tile(tile, query, best);
        }
    }
}

#[inline(always)]
fn scan_tile<S: Sum>(tile: &Tile, query: &Query, best: &mut Best<S>) {
    let mut query_lanes = [[0; 2 * LANES]; PAIRS];
    for (lanes, values) in query_lanes.iter_mut().zip(query.values().chunks_exact(2)) {
        for lane in lanes.chunks_exact_mut(2) {
            lane.copy_from_slice(values);
        }
    }
    let mut worst = best.worst();
    let used = tile.count.div_ceil(LANES);
    for (number, block) in tile.blocks[..used].iter().enumerate() {
        let distances = block_distances::<S>(block, &query_lanes);
        let is_nearer = distances.iter().fold(false, |any, &distance| any | (distance < worst));
        if is_nearer {
            let first_lane = number * LANES;
            let valid = (tile.count - first_lane).min(LANES);
            for (lane, &distance) in distances[..valid].iter().enumerate() {
                best.insert(distance, tile.first + (first_lane + lane) as u32);
            }
            worst = best.worst();
        }
    }
}

#[inline(always)]
fn block_distances<S: Sum>(block: &Block, query_lanes: &[[i16; 2 * LANES]; PAIRS]) -> [S; LANES] {
    let mut distances = [S::ZERO; LANES];
    for (block_pair, query_pair) in block.0.iter().zip(query_lanes) {
        let mut differences = [0; 2 * LANES];
        for ((difference, &reference), &query) in differences.iter_mut().zip(block_pair).zip(query_pair) {
            // at most 20000 apart, so this fits 16 bits, and two squares fit 32
            *difference = reference - query;
        }
        for (distance, pair) in distances.iter_mut().zip(differences.chunks_exact(2)) {
            let (first, second) = (i32::from(pair[0]), i32::from(pair[1]));
            *distance += S::from(first * first + second * second);
        }
    }
    distances
}
