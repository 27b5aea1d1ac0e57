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
mod operations;
mod scalar;

pub use operations::{CodeTables, RowKernel};
