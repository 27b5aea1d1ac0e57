//! The scan in AVX2: one multiply-add instruction squares and adds the differences of two dimensions in eight lanes.
//!
//! Compilers do not find that instruction in the portable scan.
#![allow(unsafe_code)]

use super::best::Best;
use super::tile::Tile;
use space::Point;

/// `None`, and nothing done, without AVX2.
pub(crate) fn scan(tiles: &[Tile], queries: &[Point], best: &mut [Best]) -> Option<()> {
    #[cfg(target_arch = "x86_64")]
    if simd::Avx2::detect().is_some() {
        // SAFETY: there is a token, so the processor has AVX2, the only thing that the function asks for.
        unsafe { x86_64::scan(tiles, queries, best) };
        return Some(());
    }
    let _ = (tiles, queries, best);
    None
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::*;
    use crate::truth::best::{FIRST_PAIRS, Parts, QUARTER_BITS};
    use crate::truth::tile::{LANES, PAIRS};
    use std::arch::x86_64::*;

    /// A value for each lane of a block.
    type Lanes = [__m256i; 2];

    #[target_feature(enable = "avx2")]
    pub(super) fn scan(tiles: &[Tile], queries: &[Point], best: &mut [Best]) {
        for tile in tiles {
            for (query, best) in queries.iter().zip(best.iter_mut()) {
                scan_tile(tile, query, best);
            }
        }
    }

    #[target_feature(enable = "avx2")]
    fn scan_tile(tile: &Tile, query: &Point, best: &mut Best) {
        let mut query_pairs = [_mm256_setzero_si256(); PAIRS];
        for (lanes, pair) in query_pairs.iter_mut().zip(query.values().chunks_exact(2)) {
            let [first, second] = [pair[0] as u16, pair[1] as u16].map(u32::from);
            *lanes = _mm256_set1_epi32((second << 16 | first).cast_signed());
        }
        let mut limit = _mm256_set1_epi32(best.coarse_limit());
        for (number, block) in tile.used_blocks().iter().enumerate() {
            let first = squares(&block.0[..FIRST_PAIRS], &query_pairs[..FIRST_PAIRS]);
            let second = squares(&block.0[FIRST_PAIRS..], &query_pairs[FIRST_PAIRS..]);
            if is_any_nearer(first, second, limit) {
                best.insert_lanes(&to_parts(first, second), tile, number);
                limit = _mm256_set1_epi32(best.coarse_limit());
            }
        }
    }

    /// Sums of squared differences; as unsigned numbers they fit 32 bits.
    #[target_feature(enable = "avx2")]
    fn squares(block_pairs: &[[i16; 2 * LANES]], query_pairs: &[__m256i]) -> Lanes {
        let mut sums = [_mm256_setzero_si256(); 2];
        for (block_pair, &query_pair) in block_pairs.iter().zip(query_pairs) {
            for (sum, half) in sums.iter_mut().zip(block_pair.chunks_exact(LANES)) {
                // SAFETY: a half is 16 values of 2 bytes, the 32 bytes of a load that asks for no alignment.
                let values = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
                // at most 20000 apart, so the difference fits 16 bits
                let difference = _mm256_sub_epi16(values, query_pair);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(difference, difference));
            }
        }
        sums
    }

    #[target_feature(enable = "avx2")]
    fn is_any_nearer(first: Lanes, second: Lanes, limit: __m256i) -> bool {
        let mut nearer = _mm256_setzero_si256();
        for (first, second) in first.into_iter().zip(second) {
            let [first, second] = [first, second].map(|part| _mm256_srli_epi32::<{ QUARTER_BITS as i32 }>(part));
            nearer = _mm256_or_si256(nearer, _mm256_cmpgt_epi32(limit, _mm256_add_epi32(first, second)));
        }
        _mm256_testz_si256(nearer, nearer) == 0
    }

    #[target_feature(enable = "avx2")]
    fn to_parts(first: Lanes, second: Lanes) -> Parts {
        let mut parts = [[0; LANES]; 2];
        for (part, halves) in parts.iter_mut().zip([first, second]) {
            for (lanes, half) in part.chunks_exact_mut(LANES / 2).zip(halves) {
                // SAFETY: 8 values of 4 bytes are the 32 bytes of a store that asks for no alignment.
                unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), half) };
            }
        }
        parts
    }
}
