//! What tests of several crates share.

pub mod module_graph;
