//! 256-bit vectors: eight lanes a register, two dimensions a multiply-add.
#![allow(unsafe_code, reason = "intrinsics that read memory, and the one call into code built for the instruction set")]

use std::arch::x86_64::*;

use transaction::Query;

use super::{Kernel, Task};
use crate::format::{Block, Boxes, DIMENSION_PAIRS, LANES};

/// Proof that this machine has AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The token, where the machine has the instructions.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Runs the task in code built for AVX2, so that the kernel is inlined into it.
    #[inline]
    pub fn run<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2,bmi1,lzcnt,popcnt")]
        fn inside<T: Task>(kernel: Avx2, task: T) -> T::Output {
            task.run(kernel)
        }
        // SAFETY: the token is proof of AVX2, and every machine with AVX2 has the three bit-counting sets.
        unsafe { inside(self, task) }
    }
}

impl Kernel for Avx2 {
    type Distance = u32;
    type Prepared = [__m256i; DIMENSION_PAIRS];

    #[inline(always)]
    fn prepare(self, query: &Query) -> Self::Prepared {
        let values = query.values();
        std::array::from_fn(|pair| {
            let both = u32::from(values[2 * pair] as u16) | u32::from(values[2 * pair + 1] as u16) << 16;
            // SAFETY: the token is proof of AVX2.
            unsafe { _mm256_set1_epi32(both as i32) }
        })
    }

    #[inline(always)]
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes, lanes: u16) -> [u32; LANES] {
        // SAFETY: the token is proof of AVX2; `load` reads whole halves of rows of 64 bytes.
        unsafe {
            sums(lanes, |pair, half| {
                let lower = load(&boxes.lower[pair], half);
                let upper = load(&boxes.upper[pair], half);
                let outside =
                    _mm256_max_epi16(_mm256_sub_epi16(lower, query[pair]), _mm256_sub_epi16(query[pair], upper));
                _mm256_max_epi16(outside, _mm256_setzero_si256())
            })
        }
    }

    #[inline(always)]
    fn point_distances(self, query: &Self::Prepared, block: &Block) -> [u32; LANES] {
        // SAFETY: the token is proof of AVX2; `load` reads whole halves of rows of 64 bytes.
        unsafe { sums(u16::MAX, |pair, half| _mm256_sub_epi16(query[pair], load(&block.vectors[pair], half))) }
    }

    #[inline(always)]
    fn least(self, distances: &[u32; LANES]) -> (usize, u32) {
        // SAFETY: the token is proof of AVX2; both loads are inside the 16 lanes.
        unsafe {
            let low = _mm256_loadu_si256(distances.as_ptr().cast());
            let high = _mm256_loadu_si256(distances.as_ptr().add(8).cast());
            let eight = _mm256_min_epu32(low, high);
            let four = _mm_min_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
            let two = _mm_min_epu32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
            let one = _mm_min_epu32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
            let least = _mm_cvtsi128_si32(one) as u32;
            let all = _mm256_set1_epi32(least as i32);
            let lane = bits(_mm256_cmpeq_epi32(low, all), _mm256_cmpeq_epi32(high, all)).trailing_zeros();
            (lane as usize, least)
        }
    }

    #[inline(always)]
    fn at_most(self, distances: &[u32; LANES], limit: u32) -> u16 {
        // SAFETY: the token is proof of AVX2; both loads are inside the 16 lanes.
        unsafe {
            let low = _mm256_loadu_si256(distances.as_ptr().cast());
            let high = _mm256_loadu_si256(distances.as_ptr().add(8).cast());
            let limit = _mm256_set1_epi32(limit as i32);
            // a <= b, unsigned, is min(a, b) == a.
            let low = _mm256_cmpeq_epi32(_mm256_min_epu32(low, limit), low);
            let high = _mm256_cmpeq_epi32(_mm256_min_epu32(high, limit), high);
            bits(low, high)
        }
    }

    #[inline(always)]
    fn prefetch<T>(self, record: &T) {
        let start = std::ptr::from_ref(record).cast::<i8>();
        for line in 0..size_of::<T>().div_ceil(64) {
            // SAFETY: a prefetch reads nothing a program can see, and the address lies inside the record.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line * 64)) }
        }
    }
}

/// Sums of squares of 16 lanes of differences, all ones in those that are not in `lanes`. No sum wraps: the search lets no query in whose distances pass 2^31.
#[inline(always)]
unsafe fn sums(lanes: u16, difference: impl Fn(usize, usize) -> __m256i) -> [u32; LANES] {
    let mut distances = [0; LANES];
    // SAFETY: the caller has AVX2; both stores are inside the 16 lanes.
    unsafe {
        for half in 0..2 {
            let mut sum = _mm256_setzero_si256();
            for pair in 0..DIMENSION_PAIRS {
                let difference = difference(pair, half);
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(difference, difference));
            }
            let bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            let in_use = _mm256_and_si256(_mm256_set1_epi32(i32::from(lanes) >> (8 * half)), bit);
            let unused = _mm256_cmpeq_epi32(in_use, _mm256_setzero_si256());
            _mm256_storeu_si256(distances.as_mut_ptr().add(8 * half).cast(), _mm256_or_si256(sum, unused));
        }
    }
    distances
}

/// Lanes `8 * half..8 * half + 8` of a row.
#[inline(always)]
unsafe fn load(row: &[[i16; 2]; LANES], half: usize) -> __m256i {
    // SAFETY: a row is 64 bytes, `half` is 0 or 1, and the caller has AVX2.
    unsafe { _mm256_loadu_si256(row.as_ptr().add(8 * half).cast()) }
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
