//! Which dimensions to put side by side, so that blocks pack into few bytes.
//!
//! A pair takes the width of its wider half, so dimensions that are narrow in the same blocks belong together.

use space::DIMENSIONS;

use super::labelled_point::{LabelledPoint, bounds};
use super::pack::Subtree;
use super::write::Roots;
use crate::exact::layout::{DimensionOrder, width_for};
use crate::lanes::PAIRS;

/// A byte of the sample counts as so many: every query reads blocks of it, and blocks that are packed alike are read fastest.
const SAMPLE_WEIGHT: u64 = 24;

/// The order of least packed bytes, before blocks are filled up to whole cache lines; of equals the one found first, so always
/// the same.
pub(super) fn choose(roots: &Roots, points: &[LabelledPoint]) -> DimensionOrder {
    let mut costs = [[0u64; DIMENSIONS]; DIMENSIONS];
    roots.sample.iter().for_each(|subtree| add(subtree, points, &mut costs));
    costs.as_flattened_mut().iter_mut().for_each(|cost| *cost *= SAMPLE_WEIGHT);
    roots.rest.iter().flatten().for_each(|subtree| add(subtree, points, &mut costs));
    let places = matching(&costs);
    DimensionOrder::new(places).expect("a matching names each dimension once")
}

/// Adds what each two dimensions would cost as a pair, in multiples of 32 packed bytes.
fn add(subtree: &Subtree, points: &[LabelledPoint], costs: &mut [[u64; DIMENSIONS]; DIMENSIONS]) {
    match subtree {
        Subtree::Node(subtrees) => subtrees.iter().for_each(|subtree| add(subtree, points, costs)),
        Subtree::Leaf(blocks) => {
            for block in blocks {
                let widths = widths(&points[block.clone()]);
                for first in 0..DIMENSIONS {
                    for second in 0..DIMENSIONS {
                        costs[first][second] += u64::from(widths[first].max(widths[second]));
                    }
                }
            }
        }
    }
}

fn widths(points: &[LabelledPoint]) -> [u16; DIMENSIONS] {
    let bounds = bounds(points);
    let (lower, upper) = (bounds.lower.as_flattened(), bounds.upper.as_flattened());
    std::array::from_fn(|dimension| width_for((upper[dimension] - lower[dimension]) as u16))
}

/// The cheapest way to pair all dimensions, by dynamic programming over the sets already paired.
fn matching(costs: &[[u64; DIMENSIONS]; DIMENSIONS]) -> [u8; DIMENSIONS] {
    const ALL: usize = (1 << DIMENSIONS) - 1;
    // By set of dimensions: the least cost of pairing them, and the pair added last.
    let mut best = vec![(u64::MAX, (0, 0)); ALL + 1];
    best[0].0 = 0;
    for set in 0..ALL {
        let (cost, _) = best[set];
        let first = set.trailing_ones() as usize;
        if cost == u64::MAX || first >= DIMENSIONS {
            continue;
        }
        for second in (first + 1..DIMENSIONS).filter(|second| set >> second & 1 == 0) {
            let with = set | 1 << first | 1 << second;
            if cost + costs[first][second] < best[with].0 {
                best[with] = (cost + costs[first][second], (first, second));
            }
        }
    }
    let mut pairs = [(0, 0); PAIRS];
    let mut set = ALL;
    for pair in (0..PAIRS).rev() {
        pairs[pair] = best[set].1;
        let (first, second) = pairs[pair];
        set &= !(1 << first | 1 << second);
    }
    // The widest first: most blocks then have the same widths at both ends, for which kernels have a path without table look-ups.
    pairs.sort_by_key(|(first, second)| std::cmp::Reverse(costs[*first][*second]));
    let mut places = [0; DIMENSIONS];
    for (pair, (first, second)) in pairs.into_iter().enumerate() {
        (places[2 * pair], places[2 * pair + 1]) = (first as u8, second as u8);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_pairs_that_cost_least() {
        let partner = |dimension: usize| (dimension + 7) % DIMENSIONS;
        let costs = std::array::from_fn(|first| std::array::from_fn(|second| u64::from(partner(first) != second)));
        let places = matching(&costs);
        for pair in places.chunks_exact(2) {
            assert_eq!(partner(usize::from(pair[0])), usize::from(pair[1]), "{places:?}");
        }
    }
}
