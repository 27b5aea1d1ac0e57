//! The kernel in plain Rust: what the others must equal, and what runs where they cannot.

use std::marker::PhantomData;

use simd::Work;
use space::{DIMENSIONS, NEIGHBOURS};

use super::{Distance, FoundKeys, INSERTED, Kernel};
use crate::exact::layout::{Boxes, Leaf, PACKED_MAX, decoding};
use crate::lanes::{LANES, Paired};

/// Plain Rust with sums of width `D`. `u64` holds every distance, `u32` those that [`Kernel`] users bound first.
#[derive(Clone, Copy, Debug)]
pub struct Scalar<D>(PhantomData<D>);

impl<D> Scalar<D> {
    /// Always available.
    pub const NEW: Self = Self(PhantomData);
}

impl<D: Distance> Scalar<D> {
    /// Runs the task in a function of its own: what calls it, for another kernel most of the time, need not make room for all
    /// that this one keeps.
    #[inline(never)]
    pub fn run<T: Work<Self>>(self, task: T) -> T::Output {
        task.run(self)
    }
}

// The loops over lanes are functions of their own: unrolled into each search that uses them they took three quarters of the
// time that this crate took to build, and were no faster (`fraudring replay` with FRAUDRING_KERNEL=scalar).
impl<D: Distance> Kernel for Scalar<D> {
    type Distance = D;
    type Prepared = Paired;
    type Distances = [D; LANES];
    type Keys = [D; NEIGHBOURS + 1];

    #[inline(always)]
    fn prepare(self, query: &Paired) -> Self::Prepared {
        *query
    }

    #[inline(never)]
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes) -> [D; LANES] {
        sums(|pair, lane, side| {
            let value = i32::from(query[pair][side]);
            let (lower, upper) = (i32::from(boxes.lower[pair][lane][side]), i32::from(boxes.upper[pair][lane][side]));
            (lower - value).max(value - upper).max(0)
        })
    }

    #[inline(never)]
    fn leaf_distances(self, query: &Self::Prepared, leaf: &Leaf) -> [D; LANES] {
        sums(|pair, lane, side| {
            let value = i32::from(query[pair][side]);
            let lower = i32::from(leaf.lower[pair][lane][side]);
            let extent = i32::from(leaf.extent[pair][lane][side]) * i32::from(leaf.unit[pair][side]);
            (lower - value).max(value - lower - extent).max(0)
        })
    }

    #[inline(never)]
    fn point_distances(
        self,
        query: &Self::Prepared,
        leaf: &Leaf,
        lane: usize,
        packed: &[u8; PACKED_MAX],
    ) -> [D; LANES] {
        let decoding = decoding(leaf.formats[lane]);
        sums(|pair, point, side| {
            let (start, place) = (usize::from(decoding.starts[pair]), 2 * point + side);
            let value = if decoding.is_wide[pair] != 0 {
                i32::from(u16::from_le_bytes([packed[start + 2 * place], packed[start + 2 * place + 1]]))
            } else if decoding.is_narrow[pair] != 0 {
                i32::from(leaf.lower[pair][lane][side]) + i32::from(packed[start + place])
            } else {
                i32::from(leaf.lower[pair][lane][side])
            };
            i32::from(query[pair][side]) - value
        })
    }

    #[inline(always)]
    fn splat_max(self) -> [D; LANES] {
        [D::MAX; LANES]
    }

    #[inline(never)]
    fn mask(self, mut distances: [D; LANES], lanes: u16) -> [D; LANES] {
        for (lane, distance) in distances.iter_mut().enumerate() {
            if lanes >> lane & 1 == 0 {
                *distance = D::MAX;
            }
        }
        distances
    }

    #[inline(never)]
    fn min(self, a: [D; LANES], b: [D; LANES]) -> [D; LANES] {
        std::array::from_fn(|lane| a[lane].min(b[lane]))
    }

    #[inline(never)]
    fn argmin(self, distances: [D; LANES]) -> usize {
        let mut nearest = 0;
        for lane in 1..LANES {
            if distances[lane].sum() / 16 < distances[nearest].sum() / 16 {
                nearest = lane;
            }
        }
        nearest
    }

    #[inline(always)]
    fn le_mask(self, distances: [D; LANES], limit: D) -> u16 {
        self.pairwise_le_mask(distances, [limit; LANES])
    }

    #[inline(never)]
    fn pairwise_le_mask(self, a: [D; LANES], b: [D; LANES]) -> u16 {
        (0..LANES).fold(0, |bits, lane| bits | u16::from(a[lane] <= b[lane]) << lane)
    }

    #[inline(always)]
    fn to_array(self, distances: [D; LANES]) -> [D; LANES] {
        distances
    }

    #[inline(never)]
    fn write_keys(
        self,
        distances: [D; LANES],
        near: u16,
        frauds: u16,
        keys: &mut FoundKeys<Self>,
        mut at: usize,
    ) -> usize {
        for (lane, distance) in distances.iter().enumerate() {
            if near >> lane & 1 == 1 {
                keys[at] = distance.with_label(frauds >> lane & 1);
                at += 1;
            }
        }
        at
    }

    #[inline(always)]
    fn no_keys(self) -> Self::Keys {
        [D::MAX; NEIGHBOURS + 1]
    }

    #[inline(never)]
    fn insert(self, mut keys: Self::Keys, more: [D; INSERTED]) -> Self::Keys {
        for key in more {
            // Each place keeps the middle of itself, its left neighbour and the new key: branch-free, in any order.
            for place in (1..keys.len()).rev() {
                keys[place] = keys[place].min(keys[place - 1].max(key));
            }
            keys[0] = keys[0].min(key);
        }
        keys
    }

    #[inline(always)]
    fn fifth_and_sixth(self, keys: Self::Keys) -> (D, D) {
        (keys[4], keys[5])
    }

    #[inline(never)]
    fn lowest_bits(self, keys: Self::Keys) -> u8 {
        keys[..NEIGHBOURS].iter().rev().fold(0, |bits, key| bits << 1 | key.label())
    }

    #[inline(never)]
    fn compress(self, values: &[u32; LANES], lanes: u16) -> [u32; LANES] {
        let mut first = [0; LANES];
        let chosen = (0..LANES).filter(|lane| lanes >> lane & 1 == 1);
        first.iter_mut().zip(chosen).for_each(|(first, lane)| *first = values[lane]);
        first
    }

    #[inline(never)]
    fn sign_mask(self, values: &[u32; LANES]) -> u16 {
        values.iter().enumerate().fold(0, |bits, (lane, value)| bits | ((value >> 31) as u16) << lane)
    }

    #[inline(always)]
    fn prefetch<T: ?Sized>(self, _record: &T, _bytes: usize) {}
}

/// For each lane the sum over all dimensions of the squared difference.
#[inline(always)]
fn sums<D: Distance>(difference: impl Fn(usize, usize, usize) -> i32) -> [D; LANES] {
    std::array::from_fn(|lane| {
        let square = |dimension: usize| {
            let difference = difference(dimension / 2, lane, dimension % 2);
            // At most 20000 squared: fits an i32.
            (difference * difference) as u64
        };
        D::from_sum((0..DIMENSIONS).map(square).sum())
    })
}
