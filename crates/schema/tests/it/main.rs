//! Bodies to transactions to points, against oracles of another make.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod arithmetic;
mod common;
mod documented_keys;
mod errors;
mod measure;
mod no_allocation;
mod oracle;
mod plan;
mod sample_payload;
mod schema_file;
