//! What searches among rows of any number of dimensions ask of an instruction set, beside [`Kernel`].
//!
//! The number of columns is known at run time only, so all that is compared comes in slices. A *word* of a grid is two dimensions,
//! each from 0 to [`GRID_MAX`](crate::knn::GRID_MAX) at most, the first in the low half; a word of floats is the bits of one `f32`.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;

use simd::{InstructionSet, Work};

use super::{Kernel, Scalar};
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

/// Work that can run on any kernel for rows.
pub trait RowTask {
    /// What the work returns.
    type Output;
    /// Must be `#[inline(always)]`, or the kernel's instructions cannot be inlined into it.
    fn run<K: RowKernel>(self, kernel: K) -> Self::Output;
}

/// Runs the task on the kernel of this instruction set.
#[inline]
pub fn run_rows<T: RowTask>(set: InstructionSet, task: T) -> T::Output {
    match set {
        InstructionSet::Scalar => task.run(Scalar::<u32>::NEW),
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(neon) => neon.run(OnToken(task)),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(avx2) => avx2.run(OnToken(task)),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512(avx512) => avx512.run(OnToken(task)),
    }
}

/// A task for a kernel that is an instruction set's token.
struct OnToken<T>(T);

impl<K: RowKernel, T: RowTask> Work<K> for OnToken<T> {
    type Output = T::Output;

    #[inline(always)]
    fn run(self, kernel: K) -> T::Output {
        self.0.run(kernel)
    }
}

const _: () = assert!(CODE_LANES == 64, "a bit of the mask for each");
