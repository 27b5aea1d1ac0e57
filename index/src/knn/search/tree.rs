//! Down the tree, the nearest child first.

use arrayvec::ArrayVec;

use super::nearest::{Found, NearestRows};
use super::query::QueryWords;
use crate::kernel::RowKernel;
use crate::knn::grid::SLACK;
use crate::knn::layout::{BoxColumn, Column, MAX_LEVELS};
use crate::knn::row_index::RowIndex;
use crate::lanes::LANES;

/// Most pending nodes: opening one leaves at most 15 beside the one that is opened next, on each level.
pub(super) const NODES: usize = (LANES - 1) * MAX_LEVELS + LANES;
/// Points that wait to be measured, while their values are on the way from memory.
const PENDING: usize = 2 * LANES;

/// How distances are compared before rows are measured.
pub(super) trait Bound: Copy {
    fn boxes<K: RowKernel>(self, kernel: K, query: &[u32], boxes: &[BoxColumn]) -> K::Distances;
    fn points<K: RowKernel>(self, kernel: K, query: &[u32], points: &[Column]) -> K::Distances;
    /// What no row is above that is as near as `kth`.
    fn limit(self, index: &RowIndex<'_>, query: &QueryWords, kth: f64) -> u32;
}

/// In steps of the grid.
#[derive(Clone, Copy)]
pub(super) struct OnGrid;

impl Bound for OnGrid {
    #[inline(always)]
    fn boxes<K: RowKernel>(self, kernel: K, query: &[u32], boxes: &[BoxColumn]) -> K::Distances {
        kernel.grid_boxes(query, boxes)
    }

    #[inline(always)]
    fn points<K: RowKernel>(self, kernel: K, query: &[u32], points: &[Column]) -> K::Distances {
        kernel.grid_points(query, points)
    }

    #[inline(always)]
    fn limit(self, index: &RowIndex<'_>, query: &QueryWords, kth: f64) -> u32 {
        query.grid_limit(index, kth)
    }
}

/// In `f32`, whose sums are off by a bounded part.
#[derive(Clone, Copy)]
pub(super) struct AsFloats;

/// What a sum of so many squares is off by at most, relatively: each of its operations is by one in 2^24.
fn sum_slack(columns: usize) -> f64 {
    (columns as f64 + 3.0) * 2.0 / (1 << 23) as f64
}

impl Bound for AsFloats {
    #[inline(always)]
    fn boxes<K: RowKernel>(self, kernel: K, query: &[u32], boxes: &[BoxColumn]) -> K::Distances {
        kernel.float_boxes(query, boxes)
    }

    #[inline(always)]
    fn points<K: RowKernel>(self, kernel: K, query: &[u32], points: &[Column]) -> K::Distances {
        kernel.float_points(query, points)
    }

    #[inline(always)]
    fn limit(self, _index: &RowIndex<'_>, query: &QueryWords, kth: f64) -> u32 {
        let inside = (kth * (1.0 + SLACK) - query.moved * (1.0 - SLACK)).max(0.0);
        // Squares below the least normal number are off by an absolute amount.
        let limit = inside * (1.0 + sum_slack(query.words.len())) + 1e-40;
        // What overflows is infinite, like every sum that does.
        (limit as f32).next_up().to_bits()
    }
}

/// Offers every row that may be one of the nearest.
#[inline(always)]
pub(super) fn walk<K: RowKernel, B: Bound>(
    kernel: K,
    index: &RowIndex<'_>,
    row: &[f32],
    query: &QueryWords,
    bound: B,
    nearest: &mut NearestRows,
) {
    let columns = query.words.len();
    let mut limit = bound.limit(index, query, nearest.worst());
    // Nodes with their distances.
    let mut nodes = ArrayVec::<(u32, u32), NODES>::new();
    nodes.push((0, 0));
    while let Some((node, distance)) = nodes.pop() {
        if distance > limit {
            continue;
        }
        let link = index.sections.links[node as usize];
        let boxes = &index.sections.boxes[node as usize * columns..][..columns];
        nearest.work_mut().nodes += 1;
        let distances = kernel.mask(bound.boxes(kernel, &query.words, boxes), link.lanes());
        let mut near = kernel.le_mask(distances, limit) & link.lanes();
        if near == 0 {
            continue;
        }
        let closest = kernel.argmin(distances);
        let each = kernel.to_array(distances);
        if !link.is_leaf() {
            near &= !(1 << closest);
            while near != 0 {
                let lane = near.trailing_zeros() as usize;
                near &= near - 1;
                nodes.push((later(node, link.first + lane as u32), each[lane]));
            }
            let next = later(node, link.first + closest as u32);
            kernel.prefetch(
                &index.sections.boxes[next as usize * columns..][..columns],
                columns * size_of::<BoxColumn>(),
            );
            nodes.push((next, each[closest]));
            continue;
        }
        let mut ahead = near;
        while ahead != 0 {
            let block = link.first as usize + ahead.trailing_zeros() as usize;
            ahead &= ahead - 1;
            kernel.prefetch(&index.sections.blocks[block * columns..][..columns], columns * size_of::<Column>());
        }
        scan_leaf(kernel, index, row, (query, bound), (link.first, near, closest, &each), &mut limit, nearest);
    }
}

/// Looks at the near blocks of a leaf, the closest first.
#[inline(always)]
pub(super) fn scan_leaf<K: RowKernel, B: Bound>(
    kernel: K,
    index: &RowIndex<'_>,
    row: &[f32],
    (query, bound): (&QueryWords, B),
    (first, mut near, closest, distances): (u32, u16, usize, &[u32; LANES]),
    limit: &mut u32,
    nearest: &mut NearestRows,
) {
    let columns = query.words.len();
    let mut pending = ArrayVec::<u32, PENDING>::new();
    let mut lane = closest;
    loop {
        near &= !(1 << lane);
        if distances[lane] <= *limit {
            let block = first as usize + lane;
            let points = &index.sections.blocks[block * columns..][..columns];
            nearest.work_mut().blocks += 1;
            let mut found =
                kernel.le_mask(bound.points(kernel, &query.words, points), *limit) & index.block_lanes(block);
            while found != 0 {
                let slot = block * LANES + found.trailing_zeros() as usize;
                found &= found - 1;
                index.prefetch_values(kernel, slot);
                pending.push(slot as u32);
            }
        }
        // With too few rows yet, each that is measured makes the limit.
        let is_full = pending.len() > PENDING - LANES || !nearest.is_full();
        if (near == 0 || is_full) && !pending.is_empty() {
            let mut taken = false;
            for slot in pending.drain(..) {
                taken |= offer(index, row, slot as usize, nearest);
            }
            if taken {
                *limit = bound.limit(index, query, nearest.worst());
            }
        }
        if near == 0 {
            return;
        }
        lane = near.trailing_zeros() as usize;
    }
}

/// A child of a node: behind it, so that every walk ends.
#[inline(always)]
pub(super) fn later(node: u32, child: u32) -> u32 {
    assert!(child > node, "the image was changed while it was searched");
    child
}

/// Offers the rows of one point. Returns whether one of them was taken.
#[inline(always)]
pub(super) fn offer(index: &RowIndex<'_>, row: &[f32], slot: usize, nearest: &mut NearestRows) -> bool {
    nearest.work_mut().measured += 1;
    let distance = index.distance(row, slot);
    if distance > nearest.worst() {
        return false;
    }
    let found = |row: u32| Found { distance, row, slot: slot as u32 };
    let mut taken = nearest.offer(found(index.sections.rows[slot]));
    for copy in index.copies_of(slot) {
        // They ascend: behind one that is not taken none is.
        if !nearest.offer(found(*copy)) {
            break;
        }
        taken = true;
    }
    taken
}
