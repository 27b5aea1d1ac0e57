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
mod distance;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use distance::Distance;
pub use scalar::Scalar;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub use neon::Neon;

use crate::format::{Boxes, LANES, Leaf, PACKED_MAX, Paired};

/// The environment variable that forces a kernel by its name.
pub const KERNEL_VARIABLE: &str = "FRAUDRING_KERNEL";

/// What a search needs of an instruction set. Distances are squared, in units of 1/10000.
///
/// All values lie between 0 and 20000, as an image holds them, those of unused lanes too.
pub trait Kernel: Copy {
    /// Wide enough for every sum that the search lets the kernel make.
    type Distance: Distance;
    /// The query as the instructions want it.
    type Prepared: Copy;
    /// One distance for each of the 16 lanes.
    type Distances: Copy;
    /// The least keys so far, ascending: six at least.
    type Keys: Copy;

    /// Prepares a query, in the order of the image, once for many comparisons.
    fn prepare(self, query: &Paired) -> Self::Prepared;
    /// From the query to each child's box. Lanes without a box hold anything.
    fn box_distances(self, query: &Self::Prepared, boxes: &Boxes) -> Self::Distances;
    /// From the query to each block's box: never more than to any point inside. Lanes without a block hold anything.
    fn leaf_distances(self, query: &Self::Prepared, leaf: &Leaf) -> Self::Distances;
    /// From the query to each point of block `lane`, whose bytes start `packed`. Unused lanes hold anything.
    fn point_distances(
        self,
        query: &Self::Prepared,
        leaf: &Leaf,
        lane: usize,
        packed: &[u8; PACKED_MAX],
    ) -> Self::Distances;
    /// [`Distance::MAX`] in all lanes.
    fn nowhere(self) -> Self::Distances;
    /// The distances of some lanes, [`Distance::MAX`] in all others.
    fn only(self, distances: Self::Distances, lanes: u16) -> Self::Distances;
    /// Lane by lane the nearer.
    fn nearer(self, a: Self::Distances, b: Self::Distances) -> Self::Distances;
    /// The lane of the least value, or of one that is less than 16 above it: the least multiple of 16 that is at most a
    /// value decides, then the lower lane. Not all lanes may be [`Distance::MAX`].
    fn nearest(self, distances: Self::Distances) -> usize;
    /// A bit for each lane that holds at most `limit`.
    fn at_most(self, distances: Self::Distances, limit: Self::Distance) -> u16;
    /// A bit for each lane in which `a` is not farther than `b`.
    fn no_farther(self, a: Self::Distances, b: Self::Distances) -> u16;
    /// The distances one by one.
    fn each(self, distances: Self::Distances) -> [Self::Distance; LANES];
    /// Writes the key of each point of `near`, twice its distance and its label, to `keys` from `at` on: to 16 places,
    /// whatever `near` is. Returns the place behind the last. `frauds` has a bit for each point that is one.
    fn write_keys(
        self,
        distances: Self::Distances,
        near: u16,
        frauds: u16,
        keys: &mut FoundKeys<Self>,
        at: usize,
    ) -> usize;
    /// No key yet: [`Distance::MAX`] in all places.
    fn no_keys(self) -> Self::Keys;
    /// With some more keys, in any order; [`Distance::MAX`] is none.
    fn insert(self, keys: Self::Keys, more: [Self::Distance; INSERTED]) -> Self::Keys;
    /// The fifth and the sixth key.
    fn fifth_and_sixth(self, keys: Self::Keys) -> (Self::Distance, Self::Distance);
    /// For each of the first five keys its lowest bit.
    fn lowest_bits(self, keys: Self::Keys) -> u8;
    /// The values of some lanes, in order, from the first place on; what the other places hold is not said.
    fn first(self, values: &[u32; LANES], lanes: u16) -> [u32; LANES];
    /// A bit for each value whose highest bit is set.
    fn flagged(self, values: &[u32; LANES]) -> u16;
    /// Asks for `bytes` bytes of memory from the start of `record` on, ahead of their use.
    fn prefetch<T: ?Sized>(self, record: &T, bytes: usize);
}

/// So many keys are inserted at a time: one by one, each would wait for the one before it.
pub const INSERTED: usize = 4;

/// Keys that wait to be inserted: those of one block, and room for another's.
pub const FOUND: usize = 3 * LANES;

/// Keys that wait to be inserted.
pub type FoundKeys<K> = [<K as Kernel>::Distance; FOUND];

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

fn by_name(name: &str) -> Result<Chosen, KernelError> {
    let kernels = available();
    let names: Vec<_> = kernels.iter().map(|kernel| kernel.name()).collect();
    let found = kernels.iter().find(|kernel| kernel.name() == name).copied();
    found.ok_or_else(|| KernelError { asked: name.to_owned(), available: names.join(", ") })
}

#[cfg(test)]
mod tests;
