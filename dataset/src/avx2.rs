//! The scan in AVX2: one multiply-add instruction squares and adds the differences of two dimensions in eight lanes.
//!
//! Compilers do not find that instruction in the portable scan, which takes five times as long.
#![allow(unsafe_code)]

use crate::scan::Best;
use crate::tile::Tile;
use transaction::Query;

/// `None`, and nothing done, without AVX2.
pub(crate) fn scan(tiles: &[Tile], queries: &[Query], best: &mut [Best<i32>]) -> Option<()> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to have AVX2, the only thing that the function asks for.
        unsafe { x86_64::scan(tiles, queries, best) };
        return Some(());
    }
    let _ = (tiles, queries, best);
    None
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::*;
    use crate::tile::{Block, LANES, PAIRS};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2")]
    pub(super) fn scan(tiles: &[Tile], queries: &[Query], best: &mut [Best<i32>]) {
        for tile in tiles {
            for (query, best) in queries.iter().zip(best.iter_mut()) {
                scan_tile(tile, query, best);
            }
        }
    }

    #[target_feature(enable = "avx2")]
    fn scan_tile(tile: &Tile, query: &Query, best: &mut Best<i32>) {
        let mut query_pairs = [_mm256_setzero_si256(); PAIRS];
        for (lanes, pair) in query_pairs.iter_mut().zip(query.values().chunks_exact(2)) {
            let [first, second] = [pair[0] as u16, pair[1] as u16].map(u32::from);
            *lanes = _mm256_set1_epi32((second << 16 | first).cast_signed());
        }
        let mut worst = _mm256_set1_epi32(best.worst());
        for (number, block) in tile.used_blocks().iter().enumerate() {
            let distances = block_distances(block, &query_pairs);
            let [low, high] = distances.map(|half| _mm256_cmpgt_epi32(worst, half));
            let nearer = _mm256_or_si256(low, high);
            if _mm256_testz_si256(nearer, nearer) == 0 {
                best.insert_lanes(&to_array(distances), tile, number);
                worst = _mm256_set1_epi32(best.worst());
            }
        }
    }

    #[target_feature(enable = "avx2")]
    fn block_distances(block: &Block, query_pairs: &[__m256i; PAIRS]) -> [__m256i; 2] {
        let mut distances = [_mm256_setzero_si256(); 2];
        for (block_pair, &query_pair) in block.0.iter().zip(query_pairs) {
            for (distance, half) in distances.iter_mut().zip(block_pair.chunks_exact(LANES)) {
                // SAFETY: a half is 16 values of 2 bytes, the 32 bytes of a load that asks for no alignment.
                let values = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
                // at most 20000 apart, so the difference fits 16 bits
                let difference = _mm256_sub_epi16(values, query_pair);
                *distance = _mm256_add_epi32(*distance, _mm256_madd_epi16(difference, difference));
            }
        }
        distances
    }

    #[target_feature(enable = "avx2")]
    fn to_array(distances: [__m256i; 2]) -> [i32; LANES] {
        let mut array = [0; LANES];
        for (lanes, half) in array.chunks_exact_mut(LANES / 2).zip(distances) {
            // SAFETY: 8 values of 4 bytes are the 32 bytes of a store that asks for no alignment.
            unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), half) };
        }
        array
    }
}
