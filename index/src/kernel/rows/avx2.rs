//! 256-bit vectors: a column is two registers.
#![allow(unsafe_code, reason = "intrinsics, some of which read memory")]

use std::arch::x86_64::*;

use simd::Avx2;

use super::{CodeTables, RowKernel};
use crate::knn::layout::{BoxColumn, CodeColumn, Column};

impl RowKernel for Avx2 {
    #[inline(always)]
    fn grid_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances {
        // SAFETY: the token is proof of AVX2; `load` reads whole halves of columns of 64 bytes.
        unsafe {
            let mut sums = [_mm256_setzero_si256(); 2];
            for (query, [lower, upper]) in query.iter().zip(boxes) {
                let query = _mm256_set1_epi32(*query as i32);
                for (half, sum) in sums.iter_mut().enumerate() {
                    let below = _mm256_subs_epu16(load(lower, half), query);
                    let above = _mm256_subs_epu16(query, load(upper, half));
                    *sum = add_squares(*sum, _mm256_or_si256(below, above));
                }
            }
            sums
        }
    }

    #[inline(always)]
    fn grid_points(self, query: &[u32], points: &[Column]) -> Self::Distances {
        // SAFETY: the token is proof of AVX2; `load` reads whole halves of columns of 64 bytes.
        unsafe {
            let mut sums = [_mm256_setzero_si256(); 2];
            for (query, column) in query.iter().zip(points) {
                let query = _mm256_set1_epi32(*query as i32);
                for (half, sum) in sums.iter_mut().enumerate() {
                    *sum = add_squares(*sum, _mm256_sub_epi16(query, load(column, half)));
                }
            }
            sums
        }
    }

    #[inline(always)]
    fn float_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances {
        // SAFETY: the token is proof of AVX2; `load` reads whole halves of columns of 64 bytes.
        unsafe {
            let mut sums = [_mm256_setzero_ps(); 2];
            for (query, [lower, upper]) in query.iter().zip(boxes) {
                let query = _mm256_set1_ps(f32::from_bits(*query));
                for (half, sum) in sums.iter_mut().enumerate() {
                    let below = _mm256_sub_ps(load_floats(lower, half), query);
                    let above = _mm256_sub_ps(query, load_floats(upper, half));
                    let outside = _mm256_max_ps(_mm256_max_ps(below, above), _mm256_setzero_ps());
                    *sum = _mm256_add_ps(*sum, _mm256_mul_ps(outside, outside));
                }
            }
            sums.map(|sum| _mm256_castps_si256(sum))
        }
    }

    #[inline(always)]
    fn float_points(self, query: &[u32], points: &[Column]) -> Self::Distances {
        // SAFETY: the token is proof of AVX2; `load` reads whole halves of columns of 64 bytes.
        unsafe {
            let mut sums = [_mm256_setzero_ps(); 2];
            for (query, column) in query.iter().zip(points) {
                let query = _mm256_set1_ps(f32::from_bits(*query));
                for (half, sum) in sums.iter_mut().enumerate() {
                    let difference = _mm256_sub_ps(query, load_floats(column, half));
                    *sum = _mm256_add_ps(*sum, _mm256_mul_ps(difference, difference));
                }
            }
            sums.map(|sum| _mm256_castps_si256(sum))
        }
    }

    #[inline(always)]
    fn code_mask(self, tables: &[CodeTables], codes: &[CodeColumn], limit: u8) -> u64 {
        // SAFETY: the token is proof of AVX2; a column is 64 bytes, a table 16.
        unsafe {
            let low_half = _mm256_set1_epi8(15);
            // Sums of both dimensions apart, as each addition waits for the one before it.
            let mut sums = [[_mm256_setzero_si256(); 2]; 2];
            for ([first, second], column) in tables.iter().zip(codes) {
                let (first, second) = (table(first), table(second));
                for (half, [of_first, of_second]) in sums.iter_mut().enumerate() {
                    let codes = _mm256_loadu_si256(column.as_ptr().add(32 * half).cast());
                    let low = _mm256_and_si256(codes, low_half);
                    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), low_half);
                    *of_first = _mm256_adds_epu8(*of_first, _mm256_shuffle_epi8(first, low));
                    *of_second = _mm256_adds_epu8(*of_second, _mm256_shuffle_epi8(second, high));
                }
            }
            let limit = _mm256_set1_epi8(limit as i8);
            let [low, high] = sums.map(|[of_first, of_second]| {
                let sum = _mm256_adds_epu8(of_first, of_second);
                // a <= b, unsigned, is min(a, b) == a.
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(sum, limit), sum)) as u32
            });
            u64::from(low) | u64::from(high) << 32
        }
    }
}

/// A table in both halves. The caller has AVX2.
#[inline(always)]
unsafe fn table(worths: &[u8; 16]) -> __m256i {
    // SAFETY: the caller has AVX2; the load is the whole table.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(worths.as_ptr().cast())) }
}

/// Adds the squares of two neighbouring values to the lane they share. The caller has AVX2.
#[inline(always)]
unsafe fn add_squares(sum: __m256i, values: __m256i) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe { _mm256_add_epi32(sum, _mm256_madd_epi16(values, values)) }
}

/// Lanes `8 * half..8 * half + 8` of a column. The caller has AVX2.
#[inline(always)]
unsafe fn load(column: &Column, half: usize) -> __m256i {
    // SAFETY: a column is 64 bytes, `half` is 0 or 1, and the caller has AVX2.
    unsafe { _mm256_loadu_si256(column.as_ptr().add(8 * half).cast()) }
}

/// The same as floats. The caller has AVX2.
#[inline(always)]
unsafe fn load_floats(column: &Column, half: usize) -> __m256 {
    // SAFETY: as `load`.
    unsafe { _mm256_castsi256_ps(load(column, half)) }
}
