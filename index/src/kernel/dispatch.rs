//! Which kernels this machine can run, and the one choice around a whole search.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
#[cfg(target_arch = "aarch64")]
use super::neon::Neon;
use super::operations::Task;
use super::scalar::Scalar;

/// The environment variable that forces a kernel by its name.
pub const KERNEL_VARIABLE: &str = "FRAUDRING_KERNEL";

/// A kernel that this machine can run.
#[derive(Clone, Copy, Debug)]
pub enum Chosen {
    /// Plain Rust, for every machine.
    Scalar(Scalar<u32>),
    /// 128-bit vectors.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// 512-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// `FRAUDRING_KERNEL` names a kernel that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{KERNEL_VARIABLE}={asked}: this machine has {available}; unset it to let the program choose")]
pub struct KernelError {
    asked: String,
    available: String,
}

impl Chosen {
    /// The name that [`KERNEL_VARIABLE`] takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    /// Runs the task with this kernel's instructions.
    #[inline]
    pub fn run<T: Task>(self, task: T) -> T::Output {
        match self {
            Self::Scalar(scalar) => scalar.run(task),
            // Every program for this architecture is built for NEON.
            #[cfg(target_arch = "aarch64")]
            Self::Neon(neon) => task.run(neon),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => avx512.run(task),
        }
    }
}

/// Every kernel that this machine can run, the fastest first.
pub fn available() -> Vec<Chosen> {
    let mut kernels = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        kernels.extend(Avx512::detect().map(Chosen::Avx512));
        kernels.extend(Avx2::detect().map(Chosen::Avx2));
    }
    #[cfg(target_arch = "aarch64")]
    kernels.extend(Neon::detect().map(Chosen::Neon));
    kernels.push(Chosen::Scalar(Scalar::NEW));
    kernels
}

/// The kernel that [`KERNEL_VARIABLE`] names, else the fastest.
pub fn choose() -> Result<Chosen, KernelError> {
    // set to nothing is not set
    match std::env::var_os(KERNEL_VARIABLE).filter(|name| !name.is_empty()) {
        Some(name) => by_name(&name.to_string_lossy()),
        None => Ok(available()[0]),
    }
}

pub(super) fn by_name(name: &str) -> Result<Chosen, KernelError> {
    let kernels = available();
    let names: Vec<_> = kernels.iter().map(|kernel| kernel.name()).collect();
    let found = kernels.iter().find(|kernel| kernel.name() == name).copied();
    found.ok_or_else(|| KernelError { asked: name.to_owned(), available: names.join(", ") })
}
