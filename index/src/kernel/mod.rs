//! Distances, by instruction set.
//!
//! Each set is a module with a token; a token exists only where the machine has the set, so holding one is the
//! proof that its instructions may run. The choice is made once, around a whole search ([`Chosen::run`]): code built for
//! an instruction set cannot be inlined into code that is not, and a call per distance would cost more than the distance.
//! All distances are integers, so all kernels agree bit for bit.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod distance;
mod scalar;

use transaction::Query;

pub use distance::Distance;
pub use scalar::Scalar;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;

use crate::format::{Block, Boxes, LANES};

/// The environment variable that forces a kernel by its name.
pub const KERNEL_VARIABLE: &str = "FRAUDRING_KERNEL";

/// What a search needs of an instruction set. Distances are squared, in units of 1/10000.
pub trait Kernel: Copy {
    /// Wide enough for every sum that the search lets the kernel make.
    type Distance: Distance;
    /// The query as the instructions want it.
    type Prepared: Copy;

    /// Prepares a query once for many comparisons.
    fn prepare(self, query: &Query) -> Self::Prepared;
    /// From the query to each box of `lanes`: never more than to any point inside. [`Distance::MAX`] in other lanes.
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes, lanes: u16) -> [Self::Distance; LANES];
    /// From the query to each point. Unused lanes hold anything.
    fn point_distances(self, query: &Self::Prepared, block: &Block) -> [Self::Distance; LANES];
    /// The least value and its lane, the first of equals.
    fn least(self, distances: &[Self::Distance; LANES]) -> (usize, Self::Distance);
    /// A bit for each lane that holds at most `limit`.
    fn at_most(self, distances: &[Self::Distance; LANES], limit: Self::Distance) -> u16;
    /// Asks for the memory of `record` ahead of its use.
    fn prefetch<T>(self, record: &T);
}

/// Work that can run on any kernel.
pub trait Task {
    /// What the work returns.
    type Output;
    /// Must be `#[inline(always)]`, or the kernel's instructions cannot be inlined into it.
    fn run<K: Kernel>(self, kernel: K) -> Self::Output;
}

/// A kernel that this machine can run.
#[derive(Clone, Copy, Debug)]
pub enum Chosen {
    /// Plain Rust, for every machine.
    Scalar(Scalar<u32>),
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
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
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
        }
    }

    /// Runs the task with this kernel's instructions.
    #[inline]
    pub fn run<T: Task>(self, task: T) -> T::Output {
        match self {
            Self::Scalar(scalar) => task.run(scalar),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.run(task),
        }
    }
}

/// Every kernel that this machine can run, the fastest first.
pub fn available() -> Vec<Chosen> {
    let mut kernels = Vec::new();
    #[cfg(target_arch = "x86_64")]
    kernels.extend(Avx2::detect().map(Chosen::Avx2));
    kernels.push(Chosen::Scalar(Scalar::NEW));
    kernels
}

/// The kernel that [`KERNEL_VARIABLE`] names, else the fastest.
pub fn choose() -> Result<Chosen, KernelError> {
    match std::env::var_os(KERNEL_VARIABLE) {
        Some(name) => by_name(&name.to_string_lossy()),
        None => Ok(available()[0]),
    }
}

fn by_name(name: &str) -> Result<Chosen, KernelError> {
    let kernels = available();
    let names: Vec<_> = kernels.iter().map(|kernel| kernel.name()).collect();
    let found = kernels.iter().find(|kernel| kernel.name() == name).copied();
    found.ok_or_else(|| KernelError { asked: name.to_owned(), available: names.join(", ") })
}

#[cfg(test)]
mod tests;
