//! What tests of several crates share.
//!
//! | module | is | feature |
//! |---|---|---|
//! | [`machine`] | turns on the machine, for tests that measure time or memory | |
//! | `module_graph` | which file of a crate uses which, read from the source | `module-graph`, on by default |
//! | [`process`] | a process for one test | |
//! | [`random`] | seeded random numbers | |
//! | `sandbox` | processes that may not use io_uring | `sandbox` |
//!
//! Other crates depend on it without its default features, so that they need not compile a parser of Rust.

pub mod machine;
#[cfg(feature = "module-graph")]
pub mod module_graph;
pub mod process;
pub mod random;
#[cfg(feature = "sandbox")]
pub mod sandbox;
