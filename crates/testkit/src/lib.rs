//! What tests of several crates share.
//!
//! | module | is | feature |
//! |---|---|---|
//! | `client` | an HTTP client that sends exactly the bytes it is told to | `client` |
//! | [`machine`] | turns on the machine, for tests that measure time or memory | |
//! | `module_graph` | which file of a crate uses which, read from the source | `module-graph`, on by default |
//! | [`process`] | a process for one test; processes that must end | |
//! | [`procfs`] | what `/proc` tells about a process | |
//! | [`random`] | seeded random numbers | |
//! | [`requirement`] | skipping a test, or failing it, where the machine lacks something | |
//! | `sandbox` | processes that may not use io_uring | `sandbox` |
//! | [`terminal`] | programs on a pseudo terminal | |
//! | [`wait`] | waiting for a condition | |
//!
//! Other crates depend on it without its default features, so that they need not compile a parser of Rust.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[cfg(feature = "client")]
pub mod client;
pub mod machine;
#[cfg(feature = "module-graph")]
pub mod module_graph;
pub mod process;
pub mod procfs;
pub mod random;
pub mod requirement;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod terminal;
pub mod wait;
