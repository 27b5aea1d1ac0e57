//! The kernel in plain Rust: what the others must equal, and what runs where they cannot.

use std::marker::PhantomData;

use transaction::{DIMENSIONS, Query};

use super::{Distance, Kernel};
use crate::format::{Block, Boxes, LANES};

/// Plain Rust with sums of width `D`. `u64` holds every distance, `u32` those that [`Kernel`] users bound first.
#[derive(Clone, Copy, Debug)]
pub struct Scalar<D>(PhantomData<D>);

impl<D> Scalar<D> {
    /// Always available.
    pub const NEW: Self = Self(PhantomData);
}

impl<D: Distance> Kernel for Scalar<D> {
    type Distance = D;
    type Prepared = [i16; DIMENSIONS];

    #[inline(always)]
    fn prepare(self, query: &Query) -> Self::Prepared {
        *query.values()
    }

    #[inline(always)]
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes, lanes: u16) -> [D; LANES] {
        let mut distances = sums(|pair, lane, side| {
            let value = i32::from(query[2 * pair + side]);
            let (lower, upper) = (i32::from(boxes.lower[pair][lane][side]), i32::from(boxes.upper[pair][lane][side]));
            (lower - value).max(value - upper).max(0)
        });
        for (lane, distance) in distances.iter_mut().enumerate() {
            if lanes >> lane & 1 == 0 {
                *distance = D::MAX;
            }
        }
        distances
    }

    #[inline(always)]
    fn point_distances(self, query: &Self::Prepared, block: &Block) -> [D; LANES] {
        sums(|pair, lane, side| i32::from(query[2 * pair + side]) - i32::from(block.vectors[pair][lane][side]))
    }

    #[inline(always)]
    fn least(self, distances: &[D; LANES]) -> (usize, D) {
        let mut least = 0;
        for lane in 1..LANES {
            if distances[lane] < distances[least] {
                least = lane;
            }
        }
        (least, distances[least])
    }

    #[inline(always)]
    fn at_most(self, distances: &[D; LANES], limit: D) -> u16 {
        distances.iter().enumerate().fold(0, |bits, (lane, distance)| bits | u16::from(*distance <= limit) << lane)
    }

    #[inline(always)]
    fn prefetch<T>(self, _record: &T) {}
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
