//! 512-bit vectors: a column is a register.
#![allow(unsafe_code, reason = "intrinsics, some of which read memory")]

use std::arch::x86_64::*;

use simd::Avx512;

use super::{CodeTables, RowKernel};
use crate::knn::layout::{BoxColumn, CodeColumn, Column};

impl RowKernel for Avx512 {
    #[inline(always)]
    fn grid_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512; `load` reads whole columns of 64 bytes.
        unsafe {
            let mut sum = _mm512_setzero_si512();
            for (query, [lower, upper]) in query.iter().zip(boxes) {
                let query = _mm512_set1_epi32(*query as i32);
                let below = _mm512_subs_epu16(load(lower), query);
                let above = _mm512_subs_epu16(query, load(upper));
                sum = add_squares(sum, _mm512_or_si512(below, above));
            }
            sum
        }
    }

    #[inline(always)]
    fn grid_points(self, query: &[u32], points: &[Column]) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512; `load` reads whole columns of 64 bytes.
        unsafe {
            let mut sum = _mm512_setzero_si512();
            for (query, column) in query.iter().zip(points) {
                sum = add_squares(sum, _mm512_sub_epi16(_mm512_set1_epi32(*query as i32), load(column)));
            }
            sum
        }
    }

    #[inline(always)]
    fn float_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512; `load` reads whole columns of 64 bytes.
        unsafe {
            let mut sum = _mm512_setzero_ps();
            for (query, [lower, upper]) in query.iter().zip(boxes) {
                let query = _mm512_set1_ps(f32::from_bits(*query));
                let below = _mm512_sub_ps(_mm512_castsi512_ps(load(lower)), query);
                let above = _mm512_sub_ps(query, _mm512_castsi512_ps(load(upper)));
                let outside = _mm512_max_ps(_mm512_max_ps(below, above), _mm512_setzero_ps());
                sum = _mm512_add_ps(sum, _mm512_mul_ps(outside, outside));
            }
            _mm512_castps_si512(sum)
        }
    }

    #[inline(always)]
    fn float_points(self, query: &[u32], points: &[Column]) -> Self::Distances {
        // SAFETY: the token is proof of AVX-512; `load` reads whole columns of 64 bytes.
        unsafe {
            let mut sum = _mm512_setzero_ps();
            for (query, column) in query.iter().zip(points) {
                let query = _mm512_set1_ps(f32::from_bits(*query));
                let difference = _mm512_sub_ps(query, _mm512_castsi512_ps(load(column)));
                sum = _mm512_add_ps(sum, _mm512_mul_ps(difference, difference));
            }
            _mm512_castps_si512(sum)
        }
    }

    #[inline(always)]
    fn code_mask(self, tables: &[CodeTables], codes: &[CodeColumn], limit: u8) -> u64 {
        // SAFETY: the token is proof of AVX-512; a column is 64 bytes, a table 16.
        unsafe {
            let low_half = _mm512_set1_epi8(15);
            // Sums of both dimensions apart, as each addition waits for the one before it.
            let mut sums = [_mm512_setzero_si512(); 2];
            for ([first, second], column) in tables.iter().zip(codes) {
                let codes = _mm512_loadu_si512(column.as_ptr().cast());
                let high = _mm512_and_si512(_mm512_srli_epi16::<4>(codes), low_half);
                let of_first = _mm512_shuffle_epi8(table(first), _mm512_and_si512(codes, low_half));
                sums[0] = _mm512_adds_epu8(sums[0], of_first);
                sums[1] = _mm512_adds_epu8(sums[1], _mm512_shuffle_epi8(table(second), high));
            }
            _mm512_cmple_epu8_mask(_mm512_adds_epu8(sums[0], sums[1]), _mm512_set1_epi8(limit as i8))
        }
    }
}

/// A table in all four quarters. The caller has AVX-512.
#[inline(always)]
unsafe fn table(worths: &[u8; 16]) -> __m512i {
    // SAFETY: the caller has AVX-512; the load is the whole table.
    unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(worths.as_ptr().cast())) }
}

/// Adds the squares of two neighbouring values to the lane they share. The caller has AVX-512.
#[inline(always)]
unsafe fn add_squares(sum: __m512i, values: __m512i) -> __m512i {
    // SAFETY: the caller has AVX-512 with VNNI.
    unsafe { _mm512_dpwssd_epi32(sum, values, values) }
}

/// A column. The caller has AVX-512.
#[inline(always)]
unsafe fn load(column: &Column) -> __m512i {
    // SAFETY: a column is 64 bytes, and the caller has AVX-512.
    unsafe { _mm512_loadu_si512(column.as_ptr().cast()) }
}
