//! 512-bit vectors: all sixteen lanes in a register, two dimensions a multiply-add.
#![allow(unsafe_code, reason = "intrinsics, some of which read memory")]

use std::arch::x86_64::*;

use simd::Avx512;

use super::{FoundKeys, INSERTED, Kernel, x86_64};
use crate::exact::layout::{Boxes, Decoding, Leaf, PACKED_MAX, PACKED_UNIT, PackedShape, decoding};
use crate::lanes::{LANES, PAIRS, Paired};

impl Kernel for Avx512 {
    type Distance = u32;
    type Prepared = [__m512i; PAIRS];
    type Distances = __m512i;
    type Keys = __m256i;

    #[inline(always)]
    fn prepare(self, query: &Paired) -> Self::Prepared {
        // SAFETY: the token is proof of AVX-512.
        unsafe {
            let mut prepared = [_mm512_setzero_si512(); PAIRS];
            for pair in 0..PAIRS {
                prepared[pair] = both(query[pair]);
            }
            prepared
        }
    }

    #[inline(always)]
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512; `load` reads a whole row of 64 bytes.
        unsafe {
            let mut sums = [_mm512_setzero_si512(); 2];
            for pair in 0..PAIRS {
                let below = _mm512_subs_epu16(load(&boxes.lower[pair]), query[pair]);
                let above = _mm512_subs_epu16(query[pair], load(&boxes.upper[pair]));
                sums[pair % 2] = add_squares(sums[pair % 2], _mm512_or_si512(below, above));
            }
            // Two sums: where to go next waits for them, and each addition for the one before it.
            _mm512_add_epi32(sums[0], sums[1])
        }
    }

    #[inline(always)]
    fn leaf_distances(self, query: &Self::Prepared, leaf: &Leaf) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512; the loads read whole rows of 64 and 32 bytes.
        unsafe {
            let mut sums = [_mm512_setzero_si512(); 2];
            for pair in 0..PAIRS {
                let unit = both_unsigned(leaf.unit[pair]);
                let extent = _mm512_mullo_epi16(load_bytes(leaf.extent[pair].as_ptr().cast()), unit);
                let lower = load(&leaf.lower[pair]);
                let below = _mm512_subs_epu16(lower, query[pair]);
                let above = _mm512_subs_epu16(_mm512_subs_epu16(query[pair], lower), extent);
                sums[pair % 2] = add_squares(sums[pair % 2], _mm512_or_si512(below, above));
            }
            _mm512_add_epi32(sums[0], sums[1])
        }
    }

    #[inline(always)]
    fn point_distances(
        self,
        query: &Self::Prepared,
        leaf: &Leaf,
        lane: usize,
        packed: &[u8; PACKED_MAX],
    ) -> Self::Distances {
        let decoding = decoding(leaf.formats[lane]);
        // SAFETY: the token is proof of AVX-512.
        unsafe {
            match decoding.shape {
                PackedShape::SixWide => point_distances::<6, 1>(query, leaf, lane, packed, decoding),
                PackedShape::FiveWide => point_distances::<5, 2>(query, leaf, lane, packed, decoding),
                PackedShape::Any => point_distances::<0, 0>(query, leaf, lane, packed, decoding),
            }
        }
    }

    #[inline(always)]
    fn splat_max(self) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512.
        unsafe { _mm512_set1_epi32(-1) }
    }

    #[inline(always)]
    fn mask(self, distances: Self::Distances, lanes: u16) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512.
        unsafe { _mm512_mask_mov_epi32(_mm512_set1_epi32(-1), lanes, distances) }
    }

    #[inline(always)]
    fn min(self, a: Self::Distances, b: Self::Distances) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512.
        unsafe { _mm512_min_epu32(a, b) }
    }

    #[inline(always)]
    fn argmin(self, distances: Self::Distances) -> usize {
        // SAFETY: the token is proof of AVX-512.
        unsafe {
            // With its lane in a value's lowest bits, the least value names its lane.
            let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            let named = _mm512_or_si512(_mm512_and_si512(distances, _mm512_set1_epi32(!15)), lanes);
            let eight = _mm256_min_epu32(_mm512_castsi512_si256(named), _mm512_extracti64x4_epi64::<1>(named));
            x86_64::least(eight) as usize & 15
        }
    }

    #[inline(always)]
    fn le_mask(self, distances: Self::Distances, limit: u32) -> u16 {
        // SAFETY: the token is proof of AVX-512.
        self.pairwise_le_mask(distances, unsafe { _mm512_set1_epi32(limit as i32) })
    }

    #[inline(always)]
    fn pairwise_le_mask(self, a: Self::Distances, b: Self::Distances) -> u16 {
        // SAFETY: the token is proof of AVX-512.
        unsafe { _mm512_cmple_epu32_mask(a, b) }
    }

    #[inline(always)]
    fn to_array(self, distances: Self::Distances) -> [u32; LANES] {
        let mut each = [0; LANES];
        // SAFETY: the token is proof of AVX-512; the store is the 16 lanes.
        unsafe { _mm512_storeu_si512(each.as_mut_ptr().cast(), distances) };
        each
    }

    #[inline(always)]
    fn write_keys(
        self,
        distances: Self::Distances,
        near: u16,
        frauds: u16,
        keys: &mut FoundKeys<Self>,
        at: usize,
    ) -> usize {
        let keys: &mut [u32; LANES] = keys[at..].first_chunk_mut().expect("room for 16");
        // SAFETY: the token is proof of AVX-512; the store is the 16 places.
        unsafe {
            let twice = _mm512_slli_epi32::<1>(distances);
            let labelled = _mm512_mask_or_epi32(twice, frauds, twice, _mm512_set1_epi32(1));
            _mm512_storeu_si512(keys.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(near, labelled));
        }
        at + near.count_ones() as usize
    }

    #[inline(always)]
    fn no_keys(self) -> Self::Keys {
        // SAFETY: the token is proof of AVX-512, which includes AVX2.
        unsafe { _mm256_set1_epi32(-1) }
    }

    #[inline(always)]
    fn insert(self, keys: Self::Keys, more: [u32; INSERTED]) -> Self::Keys {
        // SAFETY: the token is proof of AVX-512, which includes AVX2.
        unsafe { x86_64::insert(keys, more) }
    }

    #[inline(always)]
    fn fifth_and_sixth(self, keys: Self::Keys) -> (u32, u32) {
        // SAFETY: the token is proof of AVX-512, which includes AVX2.
        unsafe { x86_64::fifth_and_sixth(keys) }
    }

    #[inline(always)]
    fn lowest_bits(self, keys: Self::Keys) -> u8 {
        // SAFETY: the token is proof of AVX-512, which includes AVX2.
        unsafe { x86_64::lowest_bits(keys) }
    }

    #[inline(always)]
    fn compress(self, values: &[u32; LANES], lanes: u16) -> [u32; LANES] {
        let mut first = [0; LANES];
        // SAFETY: the token is proof of AVX-512; the load and the store are the 16 lanes.
        unsafe {
            let values = _mm512_loadu_si512(values.as_ptr().cast());
            _mm512_storeu_si512(first.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(lanes, values));
        }
        first
    }

    #[inline(always)]
    fn sign_mask(self, values: &[u32; LANES]) -> u16 {
        // SAFETY: the token is proof of AVX-512; the load is the 16 lanes.
        unsafe { _mm512_movepi32_mask(_mm512_loadu_si512(values.as_ptr().cast())) }
    }

    #[inline(always)]
    fn prefetch<T: ?Sized>(self, record: &T, bytes: usize) {
        x86_64::prefetch(record, bytes);
    }
}

/// Distances to a block whose first `WIDE` pairs are wide and the last `CONSTANT` constant. The caller has AVX-512.
#[inline(always)]
unsafe fn point_distances<const WIDE: usize, const CONSTANT: usize>(
    query: &[__m512i; PAIRS],
    leaf: &Leaf,
    lane: usize,
    packed: &[u8; PACKED_MAX],
    decoding: &Decoding,
) -> __m512i {
    // SAFETY: the caller has AVX-512. Every start is at most 384, so each read of 64 bytes lies inside the 448 of `packed`.
    unsafe {
        let mut sum = _mm512_setzero_si512();
        for pair in 0..PAIRS {
            let values = if pair < WIDE {
                _mm512_loadu_si512(packed.as_ptr().add(2 * PACKED_UNIT * pair).cast())
            } else if pair >= PAIRS - CONSTANT {
                both(leaf.lower[pair][lane])
            } else {
                let start = packed.as_ptr().add(usize::from(decoding.starts[pair]));
                let narrow = _mm512_maskz_mov_epi16(decoding.is_narrow[pair], load_bytes(start));
                let narrow = _mm512_add_epi16(both(leaf.lower[pair][lane]), narrow);
                _mm512_mask_loadu_epi16(narrow, decoding.is_wide[pair], start.cast())
            };
            sum = add_squares(sum, _mm512_sub_epi16(query[pair], values));
        }
        sum
    }
}

/// Two 16-bit values in every lane.
#[inline(always)]
unsafe fn both([first, second]: [i16; 2]) -> __m512i {
    // SAFETY: the caller has AVX-512.
    unsafe { _mm512_set1_epi32(i32::from(first as u16) | i32::from(second) << 16) }
}

/// Two 16-bit values in every lane.
#[inline(always)]
unsafe fn both_unsigned([first, second]: [u16; 2]) -> __m512i {
    // SAFETY: the caller has AVX-512.
    unsafe { both([first as i16, second as i16]) }
}

/// Adds the squares of two neighbouring values to the lane they share.
#[inline(always)]
unsafe fn add_squares(sum: __m512i, values: __m512i) -> __m512i {
    // SAFETY: the caller has AVX-512 with VNNI.
    unsafe { _mm512_dpwssd_epi32(sum, values, values) }
}

/// A row of 16 lanes.
#[inline(always)]
unsafe fn load(row: &[[i16; 2]; LANES]) -> __m512i {
    // SAFETY: a row is 64 bytes, and the caller has AVX-512.
    unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

/// A row of bytes, as 16 bits each. The caller has 32 bytes from `row` on.
#[inline(always)]
unsafe fn load_bytes(row: *const u8) -> __m512i {
    // SAFETY: the caller's 32 bytes, and the caller has AVX-512.
    unsafe { _mm512_cvtepu8_epi16(_mm256_loadu_si256(row.cast())) }
}
