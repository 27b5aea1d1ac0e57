//! Plain Rust: what the others must equal.

use super::{CodeTables, RowKernel};
use crate::kernel::Scalar;
use crate::knn::layout::{BoxColumn, CODE_LANES, CodeColumn, Column};
use crate::lanes::LANES;

impl RowKernel for Scalar<u32> {
    #[inline(never)]
    fn grid_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> [u32; LANES] {
        let mut sums = [0; LANES];
        for (query, [lower, upper]) in query.iter().zip(boxes) {
            for lane in 0..LANES {
                for half in [0, 16] {
                    let [value, lower, upper] = [*query, lower[lane], upper[lane]].map(|word| word >> half & 0xffff);
                    let outside = lower.saturating_sub(value) | value.saturating_sub(upper);
                    sums[lane] += outside * outside;
                }
            }
        }
        sums
    }

    #[inline(never)]
    fn grid_points(self, query: &[u32], points: &[Column]) -> [u32; LANES] {
        let mut sums = [0; LANES];
        for (query, column) in query.iter().zip(points) {
            for lane in 0..LANES {
                for half in [0, 16] {
                    let difference = (query >> half & 0xffff).abs_diff(column[lane] >> half & 0xffff);
                    sums[lane] += difference * difference;
                }
            }
        }
        sums
    }

    #[inline(never)]
    fn float_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> [u32; LANES] {
        let mut sums = [0.0; LANES];
        for (query, [lower, upper]) in query.iter().zip(boxes) {
            let query = f32::from_bits(*query);
            for lane in 0..LANES {
                let (lower, upper) = (f32::from_bits(lower[lane]), f32::from_bits(upper[lane]));
                let outside = (lower - query).max(query - upper).max(0.0);
                sums[lane] += outside * outside;
            }
        }
        sums.map(f32::to_bits)
    }

    #[inline(never)]
    fn float_points(self, query: &[u32], points: &[Column]) -> [u32; LANES] {
        let mut sums = [0.0; LANES];
        for (query, column) in query.iter().zip(points) {
            let query = f32::from_bits(*query);
            for lane in 0..LANES {
                let difference = query - f32::from_bits(column[lane]);
                sums[lane] += difference * difference;
            }
        }
        sums.map(f32::to_bits)
    }

    #[inline(never)]
    fn code_mask(self, tables: &[CodeTables], codes: &[CodeColumn], limit: u8) -> u64 {
        let mut sums = [0u8; CODE_LANES];
        for ([first, second], column) in tables.iter().zip(codes) {
            for (sum, codes) in sums.iter_mut().zip(column) {
                let of_first = first[usize::from(codes & 15)];
                let of_second = second[usize::from(codes >> 4)];
                *sum = sum.saturating_add(of_first).saturating_add(of_second);
            }
        }
        (0..CODE_LANES).fold(0, |bits, lane| bits | u64::from(sums[lane] <= limit) << lane)
    }
}
