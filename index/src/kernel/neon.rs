//! 128-bit vectors: four lanes a register, squares added up in twice the width.
#![allow(unsafe_code, reason = "intrinsics")]

use std::arch::aarch64::*;

use simd::Neon;

use super::{FoundKeys, INSERTED, Kernel, Scalar};
use crate::exact::layout::{Boxes, Leaf, PACKED_MAX, decoding};
use crate::lanes::{LANES, PAIRS, Paired};

/// Registers that 16 lanes take.
const QUARTERS: usize = 4;
/// Lanes of a register.
const QUARTER: usize = LANES / QUARTERS;

/// The number of each lane.
static NUMBERS: [[u32; QUARTER]; QUARTERS] = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]];
/// The bit of each lane.
static BITS: [[u32; QUARTER]; QUARTERS] = {
    let mut bits = NUMBERS;
    let mut lane = 0;
    while lane < LANES {
        bits[lane / QUARTER][lane % QUARTER] = 1 << lane;
        lane += 1;
    }
    bits
};

impl Kernel for Neon {
    type Distance = u32;
    type Prepared = [int16x8_t; PAIRS];
    type Distances = [uint32x4_t; QUARTERS];
    type Keys = [uint32x4_t; 2];

    #[inline(always)]
    fn prepare(self, query: &Paired) -> Self::Prepared {
        // SAFETY: the token is proof of NEON.
        unsafe {
            let mut prepared = [vdupq_n_s16(0); PAIRS];
            for pair in 0..PAIRS {
                prepared[pair] = both(query[pair]);
            }
            prepared
        }
    }

    #[inline(always)]
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes) -> Self::Distances {
        // SAFETY: the token is proof of NEON; `load` reads whole quarters of rows of 64 bytes.
        unsafe {
            let mut sums = no_sums();
            for pair in 0..PAIRS {
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    let below = less(load(&boxes.lower[pair], quarter), query[pair]);
                    let above = less(query[pair], load(&boxes.upper[pair], quarter));
                    *sum = add_squares(*sum, vorrq_s16(below, above));
                }
            }
            total(sums)
        }
    }

    #[inline(always)]
    fn leaf_distances(self, query: &Self::Prepared, leaf: &Leaf) -> Self::Distances {
        // SAFETY: the token is proof of NEON; `load` and `load_bytes` read whole quarters of rows of 64 and 32 bytes.
        unsafe {
            let mut sums = no_sums();
            for pair in 0..PAIRS {
                let unit = both_unsigned(leaf.unit[pair]);
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    let lower = load(&leaf.lower[pair], quarter);
                    let extent = vmulq_s16(load_bytes(leaf.extent[pair].as_ptr().cast(), quarter), unit);
                    let below = less(lower, query[pair]);
                    let above = less(less(query[pair], lower), extent);
                    *sum = add_squares(*sum, vorrq_s16(below, above));
                }
            }
            total(sums)
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
        // SAFETY: the token is proof of NEON. Every start is at most 384, so each read of 64 bytes lies inside the 448 of
        // `packed`.
        unsafe {
            let mut sums = no_sums();
            for pair in 0..PAIRS {
                let lower = both(leaf.lower[pair][lane]);
                let is_narrow = vreinterpretq_s16_u32(vdupq_n_u32(decoding.is_narrow[pair]));
                let is_wide = vreinterpretq_u16_u32(vdupq_n_u32(decoding.is_wide[pair]));
                let start = packed.as_ptr().add(usize::from(decoding.starts[pair]));
                for (quarter, sum) in sums.iter_mut().enumerate() {
                    let narrow = vaddq_s16(lower, vandq_s16(load_bytes(start, quarter), is_narrow));
                    let wide = vld1q_s16(start.cast::<i16>().add(2 * QUARTER * quarter));
                    *sum = add_squares(*sum, vsubq_s16(query[pair], vbslq_s16(is_wide, wide, narrow)));
                }
            }
            total(sums)
        }
    }

    #[inline(always)]
    fn splat_max(self) -> Self::Distances {
        // SAFETY: the token is proof of NEON.
        unsafe { [vdupq_n_u32(u32::MAX); QUARTERS] }
    }

    #[inline(always)]
    fn mask(self, distances: Self::Distances, lanes: u16) -> Self::Distances {
        // SAFETY: the token is proof of NEON.
        unsafe {
            let lanes = vdupq_n_u32(u32::from(lanes));
            let mut some = distances;
            for (quarter, distances) in some.iter_mut().enumerate() {
                let in_use = vtstq_u32(lanes, load_quarter(&BITS, quarter));
                *distances = vornq_u32(*distances, in_use);
            }
            some
        }
    }

    #[inline(always)]
    fn min(self, mut a: Self::Distances, b: Self::Distances) -> Self::Distances {
        for quarter in 0..QUARTERS {
            // SAFETY: the token is proof of NEON.
            a[quarter] = unsafe { vminq_u32(a[quarter], b[quarter]) };
        }
        a
    }

    #[inline(always)]
    fn argmin(self, distances: Self::Distances) -> usize {
        // SAFETY: the token is proof of NEON.
        unsafe {
            // With its lane in a value's lowest bits, the least value names its lane.
            let lowest = vdupq_n_u32(15);
            let mut least = vdupq_n_u32(u32::MAX);
            for quarter in 0..QUARTERS {
                let named = vbslq_u32(lowest, load_quarter(&NUMBERS, quarter), distances[quarter]);
                least = vminq_u32(least, named);
            }
            vminvq_u32(least) as usize & 15
        }
    }

    #[inline(always)]
    fn le_mask(self, distances: Self::Distances, limit: u32) -> u16 {
        // SAFETY: the token is proof of NEON.
        self.pairwise_le_mask(distances, unsafe { [vdupq_n_u32(limit); QUARTERS] })
    }

    #[inline(always)]
    fn pairwise_le_mask(self, a: Self::Distances, b: Self::Distances) -> u16 {
        // SAFETY: the token is proof of NEON.
        unsafe {
            let mut bits = vdupq_n_u32(0);
            for quarter in 0..QUARTERS {
                let no_farther = vcleq_u32(a[quarter], b[quarter]);
                bits = vorrq_u32(bits, vandq_u32(no_farther, load_quarter(&BITS, quarter)));
            }
            vaddvq_u32(bits) as u16
        }
    }

    #[inline(always)]
    fn to_array(self, distances: Self::Distances) -> [u32; LANES] {
        let mut each = [0; LANES];
        for quarter in 0..QUARTERS {
            // SAFETY: the token is proof of NEON; all four stores are inside the 16 lanes.
            unsafe { vst1q_u32(each.as_mut_ptr().add(QUARTER * quarter), distances[quarter]) };
        }
        each
    }

    #[inline(always)]
    fn write_keys(
        self,
        distances: Self::Distances,
        mut near: u16,
        frauds: u16,
        keys: &mut FoundKeys<Self>,
        mut at: usize,
    ) -> usize {
        let distances = self.to_array(distances);
        while near != 0 {
            let lane = near.trailing_zeros() as usize;
            near &= near - 1;
            keys[at] = distances[lane] << 1 | u32::from(frauds >> lane & 1);
            at += 1;
        }
        at
    }

    #[inline(always)]
    fn no_keys(self) -> Self::Keys {
        // SAFETY: the token is proof of NEON.
        unsafe { [vdupq_n_u32(u32::MAX); 2] }
    }

    #[inline(always)]
    fn insert(self, keys: Self::Keys, more: [u32; INSERTED]) -> Self::Keys {
        more.into_iter().fold(keys, |[low, high], key| {
            // SAFETY: the token is proof of NEON.
            unsafe {
                // Each place keeps the middle of itself, its left neighbour and the new key.
                let (left_of_low, left_of_high) = (vextq_u32::<3>(vdupq_n_u32(0), low), vextq_u32::<3>(low, high));
                let key = vdupq_n_u32(key);
                [vminq_u32(low, vmaxq_u32(left_of_low, key)), vminq_u32(high, vmaxq_u32(left_of_high, key))]
            }
        })
    }

    #[inline(always)]
    fn fifth_and_sixth(self, [_, high]: Self::Keys) -> (u32, u32) {
        // SAFETY: the token is proof of NEON.
        unsafe { (vgetq_lane_u32::<0>(high), vgetq_lane_u32::<1>(high)) }
    }

    #[inline(always)]
    fn lowest_bits(self, [low, high]: Self::Keys) -> u8 {
        // SAFETY: the token is proof of NEON.
        unsafe {
            let is_set = vtstq_u32(low, vdupq_n_u32(1));
            let first_four = vaddvq_u32(vandq_u32(is_set, load_quarter(&BITS, 0)));
            (first_four | (vgetq_lane_u32::<0>(high) & 1) << 4) as u8
        }
    }

    #[inline(always)]
    fn compress(self, values: &[u32; LANES], lanes: u16) -> [u32; LANES] {
        Scalar::<u32>::NEW.compress(values, lanes)
    }

    #[inline(always)]
    fn sign_mask(self, values: &[u32; LANES]) -> u16 {
        Scalar::<u32>::NEW.sign_mask(values)
    }

    /// Does nothing: stable Rust has no intrinsic for it.
    #[inline(always)]
    fn prefetch<T: ?Sized>(self, _record: &T, _bytes: usize) {}
}

/// Sums of four lanes: of the first two and of the last two, for each of a pair's dimensions apart.
type Sums = [int32x4_t; 2];

/// The caller has NEON.
#[inline(always)]
unsafe fn no_sums() -> [Sums; QUARTERS] {
    // SAFETY: the caller has NEON.
    unsafe { [[vdupq_n_s32(0); 2]; QUARTERS] }
}

/// Adds the squares of two values a lane. The caller has NEON.
#[inline(always)]
unsafe fn add_squares([first, last]: Sums, values: int16x8_t) -> Sums {
    // SAFETY: the caller has NEON.
    unsafe {
        let low = vget_low_s16(values);
        [vmlal_s16(first, low, low), vmlal_high_s16(last, values, values)]
    }
}

/// What `a` is above `b`, or 0. No value is negative. The caller has NEON.
#[inline(always)]
unsafe fn less(a: int16x8_t, b: int16x8_t) -> int16x8_t {
    // SAFETY: the caller has NEON.
    unsafe { vreinterpretq_s16_u16(vqsubq_u16(vreinterpretq_u16_s16(a), vreinterpretq_u16_s16(b))) }
}

/// For each lane the sum over both of a pair's dimensions. The caller has NEON.
#[inline(always)]
unsafe fn total(sums: [Sums; QUARTERS]) -> [uint32x4_t; QUARTERS] {
    // SAFETY: the caller has NEON.
    unsafe {
        let mut total = [vdupq_n_u32(0); QUARTERS];
        for quarter in 0..QUARTERS {
            let [first, last] = sums[quarter];
            total[quarter] = vreinterpretq_u32_s32(vpaddq_s32(first, last));
        }
        total
    }
}

/// Two 16-bit values in every lane. The caller has NEON.
#[inline(always)]
unsafe fn both([first, second]: [i16; 2]) -> int16x8_t {
    // SAFETY: the caller has NEON.
    unsafe { vreinterpretq_s16_s32(vdupq_n_s32(i32::from(first as u16) | i32::from(second) << 16)) }
}

/// Two 16-bit values in every lane. The caller has NEON.
#[inline(always)]
unsafe fn both_unsigned([first, second]: [u16; 2]) -> int16x8_t {
    // SAFETY: the caller has NEON.
    unsafe { both([first as i16, second as i16]) }
}

/// Lanes `4 * quarter..4 * quarter + 4` of a table. The caller has NEON.
#[inline(always)]
unsafe fn load_quarter(table: &[[u32; QUARTER]; QUARTERS], quarter: usize) -> uint32x4_t {
    // SAFETY: a quarter is 16 bytes, and the caller has NEON.
    unsafe { vld1q_u32(table[quarter].as_ptr()) }
}

/// Lanes `4 * quarter..4 * quarter + 4` of a row. The caller has NEON.
#[inline(always)]
unsafe fn load(row: &[[i16; 2]; LANES], quarter: usize) -> int16x8_t {
    // SAFETY: a row is 64 bytes, `quarter` is at most 3, and the caller has NEON.
    unsafe { vld1q_s16(row.as_ptr().add(QUARTER * quarter).cast()) }
}

/// Lanes `4 * quarter..4 * quarter + 4` of a row of bytes, as 16 bits each. The caller has NEON and 32 bytes from `row`
/// on.
#[inline(always)]
unsafe fn load_bytes(row: *const u8, quarter: usize) -> int16x8_t {
    // SAFETY: 8 of the caller's 32 bytes, `quarter` is at most 3, and the caller has NEON.
    unsafe { vreinterpretq_s16_u16(vmovl_u8(vld1_u8(row.add(2 * QUARTER * quarter)))) }
}
