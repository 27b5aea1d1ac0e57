//! 256-bit vectors: eight lanes a register, two dimensions a multiply-add.
#![allow(unsafe_code, reason = "intrinsics, some of which read memory")]

use std::arch::x86_64::*;

use simd::Avx2;

use super::{FoundKeys, INSERTED, Kernel, x86_64};
use crate::exact::layout::{Boxes, Decoding, Leaf, PACKED_MAX, PackedShape, decoding};
use crate::lanes::{LANES, PAIRS, Paired};

impl Kernel for Avx2 {
    type Distance = u32;
    type Prepared = [__m256i; PAIRS];
    type Distances = [__m256i; 2];
    type Keys = __m256i;

    #[inline(always)]
    fn prepare(self, query: &Paired) -> Self::Prepared {
        // SAFETY: the token is proof of AVX2.
        unsafe {
            let mut prepared = [_mm256_setzero_si256(); PAIRS];
            for pair in 0..PAIRS {
                prepared[pair] = both(query[pair]);
            }
            prepared
        }
    }

    #[inline(always)]
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes) -> Self::Distances {
        // SAFETY: the token is proof of AVX2; `load` reads whole halves of rows of 64 bytes.
        unsafe {
            let mut sums = [_mm256_setzero_si256(); 2];
            for pair in 0..PAIRS {
                for (half, sum) in sums.iter_mut().enumerate() {
                    let below = _mm256_subs_epu16(load(&boxes.lower[pair], half), query[pair]);
                    let above = _mm256_subs_epu16(query[pair], load(&boxes.upper[pair], half));
                    *sum = add_squares(*sum, _mm256_or_si256(below, above));
                }
            }
            sums
        }
    }

    #[inline(always)]
    fn leaf_distances(self, query: &Self::Prepared, leaf: &Leaf) -> Self::Distances {
        // SAFETY: the token is proof of AVX2; `load` and `load_bytes` read whole halves of rows of 64 and 32 bytes.
        unsafe {
            let mut sums = [_mm256_setzero_si256(); 2];
            for pair in 0..PAIRS {
                let unit = both_unsigned(leaf.unit[pair]);
                for (half, sum) in sums.iter_mut().enumerate() {
                    let lower = load(&leaf.lower[pair], half);
                    let extent = _mm256_mullo_epi16(load_bytes(leaf.extent[pair].as_ptr().cast(), half), unit);
                    let below = _mm256_subs_epu16(lower, query[pair]);
                    let above = _mm256_subs_epu16(_mm256_subs_epu16(query[pair], lower), extent);
                    *sum = add_squares(*sum, _mm256_or_si256(below, above));
                }
            }
            sums
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
        // SAFETY: the token is proof of AVX2.
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
        // SAFETY: the token is proof of AVX2.
        unsafe { [_mm256_set1_epi32(-1); 2] }
    }

    #[inline(always)]
    fn mask(self, distances: Self::Distances, lanes: u16) -> Self::Distances {
        // SAFETY: the token is proof of AVX2.
        unsafe {
            let bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            let mut some = distances;
            for (half, distances) in some.iter_mut().enumerate() {
                let in_use = _mm256_and_si256(_mm256_set1_epi32(i32::from(lanes) >> (8 * half)), bit);
                let unused = _mm256_cmpeq_epi32(in_use, _mm256_setzero_si256());
                *distances = _mm256_or_si256(*distances, unused);
            }
            some
        }
    }

    #[inline(always)]
    fn min(self, a: Self::Distances, b: Self::Distances) -> Self::Distances {
        // SAFETY: the token is proof of AVX2.
        unsafe { [_mm256_min_epu32(a[0], b[0]), _mm256_min_epu32(a[1], b[1])] }
    }

    #[inline(always)]
    fn argmin(self, [low, high]: Self::Distances) -> usize {
        // SAFETY: the token is proof of AVX2.
        unsafe {
            // With its lane in a value's lowest bits, the least value names its lane.
            let above = _mm256_set1_epi32(!15);
            let low = _mm256_or_si256(_mm256_and_si256(low, above), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
            let high = _mm256_or_si256(_mm256_and_si256(high, above), _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15));
            x86_64::least(_mm256_min_epu32(low, high)) as usize & 15
        }
    }

    #[inline(always)]
    fn le_mask(self, distances: Self::Distances, limit: u32) -> u16 {
        // SAFETY: the token is proof of AVX2.
        self.pairwise_le_mask(distances, unsafe { [_mm256_set1_epi32(limit as i32); 2] })
    }

    #[inline(always)]
    fn pairwise_le_mask(self, a: Self::Distances, b: Self::Distances) -> u16 {
        // SAFETY: the token is proof of AVX2.
        unsafe {
            // a <= b, unsigned, is min(a, b) == a.
            let low = _mm256_cmpeq_epi32(_mm256_min_epu32(a[0], b[0]), a[0]);
            let high = _mm256_cmpeq_epi32(_mm256_min_epu32(a[1], b[1]), a[1]);
            bits(low, high)
        }
    }

    #[inline(always)]
    fn to_array(self, distances: Self::Distances) -> [u32; LANES] {
        let mut each = [0; LANES];
        // SAFETY: the token is proof of AVX2; both stores are inside the 16 lanes.
        unsafe {
            _mm256_storeu_si256(each.as_mut_ptr().cast(), distances[0]);
            _mm256_storeu_si256(each.as_mut_ptr().add(8).cast(), distances[1]);
        }
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
        // SAFETY: the token is proof of AVX2.
        unsafe {
            let label = |frauds: u16, half: usize| {
                let bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
                let in_use = _mm256_and_si256(_mm256_set1_epi32(i32::from(frauds) >> (8 * half)), bit);
                _mm256_min_epu32(in_use, _mm256_set1_epi32(1))
            };
            let key = |half: usize| _mm256_or_si256(_mm256_slli_epi32::<1>(distances[half]), label(frauds, half));
            store_first([key(0), key(1)], near, keys[at..].first_chunk_mut().expect("room for 16"));
        }
        at + near.count_ones() as usize
    }

    #[inline(always)]
    fn no_keys(self) -> Self::Keys {
        // SAFETY: the token is proof of AVX2.
        unsafe { _mm256_set1_epi32(-1) }
    }

    #[inline(always)]
    fn insert(self, keys: Self::Keys, more: [u32; INSERTED]) -> Self::Keys {
        // SAFETY: the token is proof of AVX2.
        unsafe { x86_64::insert(keys, more) }
    }

    #[inline(always)]
    fn fifth_and_sixth(self, keys: Self::Keys) -> (u32, u32) {
        // SAFETY: the token is proof of AVX2.
        unsafe { x86_64::fifth_and_sixth(keys) }
    }

    #[inline(always)]
    fn lowest_bits(self, keys: Self::Keys) -> u8 {
        // SAFETY: the token is proof of AVX2.
        unsafe { x86_64::lowest_bits(keys) }
    }

    #[inline(always)]
    fn compress(self, values: &[u32; LANES], lanes: u16) -> [u32; LANES] {
        let mut first = [0; LANES];
        // SAFETY: the token is proof of AVX2; the loads are the 16 lanes.
        unsafe {
            let low = _mm256_loadu_si256(values.as_ptr().cast());
            let high = _mm256_loadu_si256(values.as_ptr().add(8).cast());
            store_first([low, high], lanes, &mut first);
        }
        first
    }

    #[inline(always)]
    fn sign_mask(self, values: &[u32; LANES]) -> u16 {
        // SAFETY: the token is proof of AVX2; the loads are the 16 lanes.
        unsafe { bits(_mm256_loadu_si256(values.as_ptr().cast()), _mm256_loadu_si256(values.as_ptr().add(8).cast())) }
    }

    #[inline(always)]
    fn prefetch<T: ?Sized>(self, record: &T, bytes: usize) {
        x86_64::prefetch(record, bytes);
    }
}

/// Stores the values of some lanes, in order. The caller has AVX2.
#[inline(always)]
unsafe fn store_first([low, high]: [__m256i; 2], lanes: u16, first: &mut [u32; LANES]) {
    let [below, above] = lanes.to_le_bytes();
    let behind = below.count_ones() as usize;
    // SAFETY: the caller has AVX2; both stores are inside the 16 places, as `behind` is at most 8.
    unsafe {
        _mm256_storeu_si256(first.as_mut_ptr().cast(), x86_64::to_front(low, below));
        _mm256_storeu_si256(first.as_mut_ptr().add(behind).cast(), x86_64::to_front(high, above));
    }
}

/// Distances to a block whose first `WIDE` pairs are wide and the last `CONSTANT` constant. The caller has AVX2.
#[inline(always)]
unsafe fn point_distances<const WIDE: usize, const CONSTANT: usize>(
    query: &[__m256i; PAIRS],
    leaf: &Leaf,
    lane: usize,
    packed: &[u8; PACKED_MAX],
    decoding: &Decoding,
) -> [__m256i; 2] {
    // SAFETY: the caller has AVX2. Every start is at most 384, so each read of 64 bytes lies inside the 448 of `packed`.
    unsafe {
        let mut sums = [_mm256_setzero_si256(); 2];
        for pair in 0..PAIRS {
            let start = packed.as_ptr().add(usize::from(decoding.starts[pair]));
            for (half, sum) in sums.iter_mut().enumerate() {
                let values = if pair < WIDE {
                    _mm256_loadu_si256(packed.as_ptr().cast::<__m256i>().add(2 * pair + half))
                } else if pair >= PAIRS - CONSTANT {
                    both(leaf.lower[pair][lane])
                } else {
                    let is_narrow = _mm256_set1_epi32(decoding.is_narrow[pair] as i32);
                    let is_wide = _mm256_set1_epi32(decoding.is_wide[pair] as i32);
                    let narrow = _mm256_and_si256(load_bytes(start, half), is_narrow);
                    let narrow = _mm256_add_epi16(both(leaf.lower[pair][lane]), narrow);
                    let wide = _mm256_loadu_si256(start.cast::<__m256i>().add(half));
                    _mm256_blendv_epi8(narrow, wide, is_wide)
                };
                *sum = add_squares(*sum, _mm256_sub_epi16(query[pair], values));
            }
        }
        sums
    }
}

/// Two 16-bit values in every lane.
#[inline(always)]
unsafe fn both([first, second]: [i16; 2]) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe { _mm256_set1_epi32(i32::from(first as u16) | i32::from(second) << 16) }
}

/// Two 16-bit values in every lane.
#[inline(always)]
unsafe fn both_unsigned([first, second]: [u16; 2]) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe { both([first as i16, second as i16]) }
}

/// Adds the squares of two neighbouring values to the lane they share.
#[inline(always)]
unsafe fn add_squares(sum: __m256i, values: __m256i) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe { _mm256_add_epi32(sum, _mm256_madd_epi16(values, values)) }
}

/// Lanes `8 * half..8 * half + 8` of a row.
#[inline(always)]
unsafe fn load(row: &[[i16; 2]; LANES], half: usize) -> __m256i {
    // SAFETY: a row is 64 bytes, `half` is 0 or 1, and the caller has AVX2.
    unsafe { _mm256_loadu_si256(row.as_ptr().add(8 * half).cast()) }
}

/// Lanes `8 * half..8 * half + 8` of a row of bytes, as 16 bits each. The caller has 32 bytes from `row` on.
#[inline(always)]
unsafe fn load_bytes(row: *const u8, half: usize) -> __m256i {
    // SAFETY: 16 of the caller's 32 bytes, `half` is 0 or 1, and the caller has AVX2.
    unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(row.add(16 * half).cast())) }
}

/// A bit for each of 16 all-ones lanes.
#[inline(always)]
unsafe fn bits(low: __m256i, high: __m256i) -> u16 {
    // SAFETY: the caller has AVX2.
    unsafe {
        let low = _mm256_movemask_ps(_mm256_castsi256_ps(low)) as u32;
        let high = _mm256_movemask_ps(_mm256_castsi256_ps(high)) as u32;
        (low | high << 8) as u16
    }
}
