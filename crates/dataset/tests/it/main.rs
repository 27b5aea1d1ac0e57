//! Files of references and payloads, the official generator, labels by brute force.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;
mod labels;
mod official;
mod payload_files;
mod reference_files;
mod sources;
mod tables;
