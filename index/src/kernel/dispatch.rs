//! The one choice of a kernel, around a whole search.

use simd::{InstructionSet, Work};

use super::scalar::Scalar;

/// Work for any kernel: written once, over [`Kernel`](super::Kernel) or [`RowKernel`](super::RowKernel), its `run` must be
/// `#[inline(always)]`, or the kernel's instructions cannot be inlined into it.
pub trait Task: Work<Scalar<u32>> + OnVectors<<Self as Work<Scalar<u32>>>::Output> {}

impl<T: Work<Scalar<u32>> + OnVectors<<T as Work<Scalar<u32>>>::Output>> Task for T {}

/// Work with this output for the vectors of this architecture.
#[cfg(target_arch = "x86_64")]
pub trait OnVectors<O>: Work<simd::Avx2, Output = O> + Work<simd::Avx512, Output = O> {}
#[cfg(target_arch = "x86_64")]
impl<O, T: Work<simd::Avx2, Output = O> + Work<simd::Avx512, Output = O>> OnVectors<O> for T {}

/// Work with this output for the vectors of this architecture.
#[cfg(target_arch = "aarch64")]
pub trait OnVectors<O>: Work<simd::Neon, Output = O> {}
#[cfg(target_arch = "aarch64")]
impl<O, T: Work<simd::Neon, Output = O>> OnVectors<O> for T {}

/// Work with this output for the vectors of this architecture: it has none that are used.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub trait OnVectors<O> {}
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl<O, T> OnVectors<O> for T {}

/// Runs the task on the kernel of this instruction set.
#[inline]
pub fn run<T: Task>(set: InstructionSet, task: T) -> <T as Work<Scalar<u32>>>::Output {
    match set {
        InstructionSet::Scalar => Scalar::<u32>::NEW.run(task),
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(neon) => neon.run(task),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(avx2) => avx2.run(task),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512(avx512) => avx512.run(task),
    }
}
