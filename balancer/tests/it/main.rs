//! What a running balancer does with its clients when servers come, go, stand still and wake up. The servers are of the test's
//! own, so that each step is theirs to decide; `cli/tests/it/balancer.rs` has real ones.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod clients;
mod lifecycle;
mod servers;
mod support;
