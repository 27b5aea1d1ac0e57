//! The commands of `fraudring`, a file each; those with subcommands or of some size have a folder of the same name.

pub mod completions;
pub mod data;
pub mod dataset;
pub mod doctor;
pub mod evaluate;
pub mod explain;
pub mod index;
pub mod load_test;
pub mod man;
mod own_data;
mod own_payloads;
pub mod replay;
pub mod schema;
mod search_stats;
pub mod up;
