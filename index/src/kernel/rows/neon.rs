//! 128-bit vectors: a column is four registers.
#![allow(unsafe_code, reason = "intrinsics, some of which read memory")]

use std::arch::aarch64::*;

use simd::Neon;

use super::{CodeTables, RowKernel};
use crate::knn::layout::{BoxColumn, CODE_LANES, CodeColumn, Column};
use crate::lanes::LANES;

/// Registers that a column takes.
const QUARTERS: usize = 4;
/// Lanes of a register.
const QUARTER: usize = LANES / QUARTERS;

impl RowKernel for Neon {
    #[inline(always)]
    fn grid_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances {
        // SAFETY: the token is proof of NEON; `load` reads whole quarters of columns of 64 bytes.
        unsafe {
            let mut sums = [vdupq_n_u32(0); QUARTERS];
            for (query, [lower, upper]) in query.iter().zip(boxes) {
                let query = vreinterpretq_u16_u32(vdupq_n_u32(*query));
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    let below = vqsubq_u16(vreinterpretq_u16_u32(load(lower, quarter)), query);
                    let above = vqsubq_u16(query, vreinterpretq_u16_u32(load(upper, quarter)));
                    *sum = add_squares(*sum, vorrq_u16(below, above));
                }
            }
            sums
        }
    }

    #[inline(always)]
    fn grid_points(self, query: &[u32], points: &[Column]) -> Self::Distances {
        // SAFETY: the token is proof of NEON; `load` reads whole quarters of columns of 64 bytes.
        unsafe {
            let mut sums = [vdupq_n_u32(0); QUARTERS];
            for (query, column) in query.iter().zip(points) {
                let query = vreinterpretq_u16_u32(vdupq_n_u32(*query));
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    *sum = add_squares(*sum, vabdq_u16(query, vreinterpretq_u16_u32(load(column, quarter))));
                }
            }
            sums
        }
    }

    #[inline(always)]
    fn float_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances {
        // SAFETY: the token is proof of NEON; `load` reads whole quarters of columns of 64 bytes.
        unsafe {
            let mut sums = [vdupq_n_f32(0.0); QUARTERS];
            for (query, [lower, upper]) in query.iter().zip(boxes) {
                let query = vdupq_n_f32(f32::from_bits(*query));
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    let below = vsubq_f32(vreinterpretq_f32_u32(load(lower, quarter)), query);
                    let above = vsubq_f32(query, vreinterpretq_f32_u32(load(upper, quarter)));
                    let outside = vmaxq_f32(vmaxq_f32(below, above), vdupq_n_f32(0.0));
                    *sum = vaddq_f32(*sum, vmulq_f32(outside, outside));
                }
            }
            sums.map(|sum| vreinterpretq_u32_f32(sum))
        }
    }

    #[inline(always)]
    fn float_points(self, query: &[u32], points: &[Column]) -> Self::Distances {
        // SAFETY: the token is proof of NEON; `load` reads whole quarters of columns of 64 bytes.
        unsafe {
            let mut sums = [vdupq_n_f32(0.0); QUARTERS];
            for (query, column) in query.iter().zip(points) {
                let query = vdupq_n_f32(f32::from_bits(*query));
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    let difference = vsubq_f32(query, vreinterpretq_f32_u32(load(column, quarter)));
                    *sum = vaddq_f32(*sum, vmulq_f32(difference, difference));
                }
            }
            sums.map(|sum| vreinterpretq_u32_f32(sum))
        }
    }

    #[inline(always)]
    fn code_mask(self, tables: &[CodeTables], codes: &[CodeColumn], limit: u8) -> u64 {
        // SAFETY: the token is proof of NEON; a table is 16 bytes, a column 64.
        unsafe {
            let mut sums = [vdupq_n_u8(0); QUARTERS];
            for ([first, second], column) in tables.iter().zip(codes) {
                let (first, second) = (vld1q_u8(first.as_ptr()), vld1q_u8(second.as_ptr()));
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    let codes = vld1q_u8(column.as_ptr().add(16 * quarter));
                    let of_first = vqtbl1q_u8(first, vandq_u8(codes, vdupq_n_u8(15)));
                    let of_second = vqtbl1q_u8(second, vshrq_n_u8::<4>(codes));
                    *sum = vqaddq_u8(vqaddq_u8(*sum, of_first), of_second);
                }
            }
            // Most blocks have none, and one comparison shows that.
            let least = vminq_u8(vminq_u8(sums[0], sums[1]), vminq_u8(sums[2], sums[3]));
            if vminvq_u8(least) > limit {
                return 0;
            }
            let mut each = [0u8; CODE_LANES];
            for (quarter, sum) in sums.into_iter().enumerate() {
                vst1q_u8(each.as_mut_ptr().add(16 * quarter), sum);
            }
            (0..CODE_LANES).fold(0, |bits, lane| bits | u64::from(each[lane] <= limit) << lane)
        }
    }
}

/// Adds the squares of two neighbouring values to the lane they share. The caller has NEON.
#[inline(always)]
unsafe fn add_squares(sum: uint32x4_t, values: uint16x8_t) -> uint32x4_t {
    // SAFETY: the caller has NEON.
    unsafe {
        let low = vget_low_u16(values);
        vaddq_u32(sum, vpaddq_u32(vmull_u16(low, low), vmull_high_u16(values, values)))
    }
}

/// Lanes `4 * quarter..4 * quarter + 4` of a column. The caller has NEON.
#[inline(always)]
unsafe fn load(column: &Column, quarter: usize) -> uint32x4_t {
    // SAFETY: a column is 64 bytes, `quarter` is at most 3, and the caller has NEON.
    unsafe { vld1q_u32(column.as_ptr().add(QUARTER * quarter)) }
}
