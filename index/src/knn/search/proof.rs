//! A proof that all k nearest rows have one label, without finding these rows.
//!
//! Let d be the distance of the farthest of any k rows with the label A. If no row with the other label B has a distance of d or less,
//! all k nearest rows have the label A. The k rows are taken from the leaf whose box is nearest to the query; then only boxes that hold
//! rows with label B are searched, up to the distance d. A row with label B at exactly d refutes the proof: ties go to the lower row,
//! which it may be.

use arrayvec::ArrayVec;

use super::nearest::NearestRows;
use super::query::QueryWords;
use super::tree::{Bound, NODES, later, scan_leaf};
use crate::kernel::RowKernel;
use crate::knn::layout::{BoxColumn, Column};
use crate::knn::row_index::RowIndex;
use crate::lanes::LANES;

/// The label, or nothing if that is not proved; then `nearest` has rows of the nearest leaf.
#[inline(always)]
pub(super) fn prove<K: RowKernel, B: Bound>(
    kernel: K,
    index: &RowIndex<'_>,
    row: &[f32],
    (query, bound): (&QueryWords, B),
    nearest: &mut NearestRows,
) -> Option<u8> {
    scan_nearest_leaf(kernel, index, row, (query, bound), nearest);
    if !nearest.is_full() {
        return None;
    }
    let mut labels = nearest.rows().iter().filter_map(|found| index.label(found.row));
    let label = labels.next()?;
    if labels.any(|other| other != label) || has_opponent(kernel, index, row, (query, bound), nearest, label) {
        return None;
    }
    Some(label)
}

/// Down to the nearest child of the nearest child, and so on.
#[inline(always)]
fn scan_nearest_leaf<K: RowKernel, B: Bound>(
    kernel: K,
    index: &RowIndex<'_>,
    row: &[f32],
    (query, bound): (&QueryWords, B),
    nearest: &mut NearestRows,
) {
    let columns = query.words.len();
    let mut node = 0;
    loop {
        let link = index.sections.links[node as usize];
        let boxes = &index.sections.boxes[node as usize * columns..][..columns];
        nearest.work_mut().nodes += 1;
        let distances = kernel.mask(bound.boxes(kernel, &query.words, boxes), link.lanes());
        let closest = kernel.argmin(distances);
        if !link.is_leaf() {
            node = later(node, link.first + closest as u32);
            kernel.prefetch(
                &index.sections.boxes[node as usize * columns..][..columns],
                columns * size_of::<BoxColumn>(),
            );
            continue;
        }
        let mut limit = bound.limit(index, query, nearest.worst());
        let near = kernel.le_mask(distances, limit) & link.lanes();
        let leaf = (link.first, near, closest, &kernel.to_array(distances));
        return scan_leaf(kernel, index, row, (query, bound), leaf, &mut limit, nearest);
    }
}

/// Whether a row of another label than `label` is not farther than the last of `nearest`.
#[inline(always)]
fn has_opponent<K: RowKernel, B: Bound>(
    kernel: K,
    index: &RowIndex<'_>,
    row: &[f32],
    (query, bound): (&QueryWords, B),
    nearest: &mut NearestRows,
    label: u8,
) -> bool {
    let (columns, other) = (query.words.len(), usize::from(label == 0));
    let (kth, limit) = (nearest.worst(), bound.limit(index, query, nearest.worst()));
    let mut nodes = ArrayVec::<u32, NODES>::new();
    nodes.push(0);
    while let Some(node) = nodes.pop() {
        let link = index.sections.links[node as usize];
        let mut near = index.sections.label_masks[node as usize][other] & link.lanes();
        if near == 0 {
            continue;
        }
        let boxes = &index.sections.boxes[node as usize * columns..][..columns];
        nearest.work_mut().nodes += 1;
        near &= kernel.le_mask(bound.boxes(kernel, &query.words, boxes), limit);
        while near != 0 {
            let child = link.first + near.trailing_zeros();
            near &= near - 1;
            if !link.is_leaf() {
                nodes.push(later(node, child));
            } else if block_has_opponent(
                kernel,
                index,
                row,
                (query, bound),
                (child as usize, other, kth, limit),
                nearest,
            ) {
                return true;
            }
        }
    }
    false
}

/// The same of one block.
#[inline(always)]
fn block_has_opponent<K: RowKernel, B: Bound>(
    kernel: K,
    index: &RowIndex<'_>,
    row: &[f32],
    (query, bound): (&QueryWords, B),
    (block, other, kth, limit): (usize, usize, f64, u32),
    nearest: &mut NearestRows,
) -> bool {
    let columns = query.words.len();
    let points: &[Column] = &index.sections.blocks[block * columns..][..columns];
    nearest.work_mut().blocks += 1;
    let mut near = kernel.le_mask(bound.points(kernel, &query.words, points), limit) & index.block_lanes(block);
    while near != 0 {
        let slot = block * LANES + near.trailing_zeros() as usize;
        near &= near - 1;
        if index.labels_of(slot) >> other & 1 == 1 {
            nearest.work_mut().measured += 1;
            if index.distance(row, slot) <= kth {
                return true;
            }
        }
    }
    false
}
