//! What a search among rows asks of an instruction set.

use crate::kernel::Kernel;
use crate::knn::layout::{BoxColumn, CODE_LANES, CodeColumn, Column};

/// What one code of each of 16 cells is worth, in two dimensions.
pub type CodeTables = [[u8; 16]; 2];

/// What searches among rows need of an instruction set. Distances are squared. Those of floats are the bits of an `f32` that is not
/// negative, which are in the order of the numbers.
pub trait RowKernel: Kernel<Distance = u32> {
    /// From the query to 16 boxes on the grid. Column by column; sums are below 2^31.
    fn grid_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances;
    /// From the query to 16 points on the grid.
    fn grid_points(self, query: &[u32], points: &[Column]) -> Self::Distances;
    /// From the query to 16 boxes. Each sum is off by less than one in 2^21 and 2^-140.
    fn float_boxes(self, query: &[u32], boxes: &[BoxColumn]) -> Self::Distances;
    /// From the query to 16 points, as far off.
    fn float_points(self, query: &[u32], points: &[Column]) -> Self::Distances;
    /// A bit for each of 64 points whose codes are worth at most `limit`, all dimensions together.
    fn code_mask(self, tables: &[CodeTables], codes: &[CodeColumn], limit: u8) -> u64;
}

const _: () = assert!(CODE_LANES == 64, "a bit of the mask for each");
