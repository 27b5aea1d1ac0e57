//! Distances, by instruction set.
//!
//! Each set has a module that implements [`Kernel`] for the set's token. The choice is made once, around a whole search
//! ([`run`]): code built for an instruction set cannot be inlined into code that is not, and a call per distance would cost
//! more than the distance. All distances are integers, so all kernels agree bit for bit.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dispatch;
mod distance;
#[cfg(target_arch = "aarch64")]
mod neon;
mod operations;
mod rows;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use dispatch::{Task, run};
pub use distance::Distance;
pub use operations::{FOUND, FoundKeys, INSERTED, Kernel};
pub use rows::{CodeTables, RowKernel};
pub use scalar::Scalar;

#[cfg(test)]
mod tests;
