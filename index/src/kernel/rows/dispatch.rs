//! The one choice of a kernel, around a whole search.

use simd::{InstructionSet, Work};

use super::operations::{RowKernel, RowTask};
use crate::kernel::Scalar;

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
