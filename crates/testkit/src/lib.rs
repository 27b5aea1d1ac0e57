//! What tests of several crates share.
//!
//! - [`machine`]: turns on the machine, for tests that measure time or memory.
//! - [`process`]: a process for one test.
//! - [`module_graph`]: which file of a crate uses which.

pub mod machine;
pub mod module_graph;
pub mod process;
