//! Distances, by instruction set.
//!
//! Each set is a module with a token; a token exists only where the machine has the set, so holding one is the
//! proof that its instructions may run. The choice is made once, around a whole search ([`Chosen::run`]): code built for
//! an instruction set cannot be inlined into code that is not, and a call per distance would cost more than the distance.
//! All distances are integers, so all kernels agree bit for bit.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dispatch;
mod distance;
#[cfg(target_arch = "aarch64")]
mod neon;
mod operations;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use dispatch::{Chosen, KERNEL_VARIABLE, KernelError, available, choose};
pub use distance::Distance;
pub use operations::{FOUND, FoundKeys, INSERTED, Kernel, Task};
pub use scalar::Scalar;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub use neon::Neon;

#[cfg(test)]
mod tests;
