//! An index from vectors to answers: exactness, effort, bytes, and every corruption.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod build;
mod common;
mod corruption;
mod corruption_of_trees;
mod effort;
mod equal_points;
mod exact;
mod golden;
mod proofs;
mod real_tables;
mod rows_corruption;
mod rows_exact;
mod rows_labels;
mod rows_large;
