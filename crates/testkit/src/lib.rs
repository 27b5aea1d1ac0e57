//! What tests of several crates share.
//!
//! | module | is | feature |
//! |---|---|---|
//! | `module_graph` | which file uses which, read from the source | `module-graph`, on by default |
//! | [`random`] | seeded random numbers | |
//! | `sandbox` | processes that may not use io_uring | `sandbox` |
//!
//! Other crates depend on it without its default features, so that they need not compile a parser of Rust.

#[cfg(feature = "module-graph")]
pub mod module_graph;
pub mod random;
#[cfg(feature = "sandbox")]
pub mod sandbox;
