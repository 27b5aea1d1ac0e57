//! What is published, attached to, inspected and removed, and what a crash or a stranger leaves.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod changed_image;
mod common;
mod failures;
mod generations;
mod inspection;
mod io_uring_refused;
mod killed;
mod memory_limit;
mod publish;
mod record;
mod terminal;
