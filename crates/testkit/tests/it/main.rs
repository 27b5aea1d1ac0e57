//! Tests of what tests share, and of the workspace as a whole.
#![allow(clippy::unwrap_used, missing_docs)]

mod dependencies;
mod documented_defaults;
mod documented_measurements;
mod documented_paths;
mod documented_rooms;
mod licences;
mod module_graph;
mod translated_readme;
mod workspace_cycles;
