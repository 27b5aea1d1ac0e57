//! Load tests against small servers of their own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod answers;
mod documents;
mod no_allocation;
mod open_loop;
mod sequential;
mod stall;
mod support;
