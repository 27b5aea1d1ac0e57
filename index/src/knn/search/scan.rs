//! Past all points, 64 at a time, by the cells that they lie in.

use arrayvec::ArrayVec;

use super::nearest::NearestRows;
use super::tree::offer;
use crate::kernel::{CodeTables, RowKernel};
use crate::knn::cells;
use crate::knn::grid::SLACK;
use crate::knn::layout::{CODE_LANES, MAX_DIMENSIONS};
use crate::knn::row_index::RowIndex;

/// Columns of codes.
const COLUMNS: usize = MAX_DIMENSIONS.div_ceil(2);
/// The limit that tables are made for: the units of a sum are then as fine as a byte allows.
const FINEST: u8 = 254;
/// With a limit below this, new tables with finer units save more than they cost.
const COARSE: u8 = 200;
/// Points that wait to be measured, while their values are on the way from memory.
const PENDING: usize = 2 * CODE_LANES;

/// What codes are worth to this query, in units that follow from how far the k-th row is.
struct Worths {
    tables: ArrayVec<CodeTables, COLUMNS>,
    unit: f64,
}

impl Worths {
    /// Units in which the squared distance `kth` has [`FINEST`].
    #[inline(always)]
    fn new(squares: &[[f64; 16]], kth: f64) -> Self {
        // Without a k-th distance yet it is infinite, and so are the units: all codes are worth nothing.
        let unit = (kth / f64::from(FINEST)).max(f64::MIN_POSITIVE);
        let worth = |square: &f64| (square * (1.0 - SLACK) / unit).min(255.0) as u8;
        let table = |squares: Option<&[f64; 16]>| squares.map_or([0; 16], |squares| squares.each_ref().map(worth));
        let pairs = squares.chunks(2).map(|pair| [table(pair.first()), table(pair.get(1))]);
        Self { tables: pairs.collect(), unit }
    }

    #[inline(always)]
    fn limit(&self, kth: f64) -> u8 {
        (kth * (1.0 + SLACK) / self.unit).min(f64::from(FINEST)) as u8
    }
}

/// Offers every row that may be one of the nearest.
#[inline(always)]
pub(super) fn scan<K: RowKernel>(kernel: K, index: &RowIndex<'_>, row: &[f32], nearest: &mut NearestRows) {
    let squares: ArrayVec<[f64; 16], MAX_DIMENSIONS> = row
        .iter()
        .zip(&index.sections.dimensions)
        .zip(index.sections.cells)
        .map(|((value, dimension), cells)| cells::squares(cells, *value, dimension.weight))
        .collect();
    let mut worths = Worths::new(&squares, nearest.worst());
    let mut limit = worths.limit(nearest.worst());
    let columns = worths.tables.len();
    let mut pending = ArrayVec::<u32, PENDING>::new();
    for (block, codes) in index.sections.codes.chunks_exact(columns).enumerate() {
        let mut near = kernel.code_mask(&worths.tables, codes, limit) & index.code_lanes(block);
        if near == 0 {
            continue;
        }
        while near != 0 {
            let slot = (block * CODE_LANES) as u32 + near.trailing_zeros();
            near &= near - 1;
            index.prefetch_values(kernel, slot as usize);
            pending.push(slot);
        }
        if pending.len() > PENDING - CODE_LANES {
            let before = nearest.worst();
            pending.drain(..).for_each(|slot| _ = offer(index, row, slot as usize, nearest));
            if nearest.worst() < before {
                limit = worths.limit(nearest.worst());
                if limit < COARSE {
                    worths = Worths::new(&squares, nearest.worst());
                    limit = worths.limit(nearest.worst());
                }
            }
        }
    }
    nearest.work_mut().blocks = (index.sections.codes.len() / columns) as u32;
    pending.drain(..).for_each(|slot| _ = offer(index, row, slot as usize, nearest));
}
