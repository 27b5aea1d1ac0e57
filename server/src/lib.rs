//! Scores transactions over HTTP/1.1: one pinned thread, one ring, one shared index.
//!
//! The life of a request: the connection's `session` waits for its socket (`driver`), borrows a buffer (`buffer_pool`)
//! and reads into it; the state machine of the crate `http` finds head and body; the `service` asks the `scorer` what
//! `routes` leads to it, and gives one of the ready-made `responses`, which is written into the same buffer and sent; the
//! buffer goes back. Nothing on this path allocates, locks or logs.
//!
//! Around it: `options` and `limits` say what is allowed, `listen` binds a path or a `port`, which `siblings` may share,
//! `signals` tells when to stop, `last_resort` ends a process that cannot end itself, `cpu` pins, `warmup` runs real
//! queries before the server calls itself ready, the `acceptor` accepts and drains, `worker` is what all connections of
//! a thread share with its `phase`, `connection_table` lists them, `fair_yield` keeps them from starving each other.
//! `allocator` counts, `descriptors` raises their limit, `memory` adds the limits up. `baseline` puts nothing behind all of
//! it, to know what it costs by itself.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod acceptor;
mod allocator;
mod baseline;
mod buffer_pool;
mod connection_table;
mod cpu;
mod descriptors;
mod driver;
mod fair_yield;
#[cfg(any(fuzzing, test))]
#[cfg_attr(test, allow(dead_code))]
pub mod fuzzing;
mod last_resort;
mod limits;
mod listen;
mod log;
mod memory;
mod options;
mod phase;
mod port;
mod port_error;
mod responses;
mod routes;
mod scorer;
mod service;
mod session;
mod siblings;
mod signals;
mod start;
mod warmup;
mod worker;

pub use allocator::Allocator;
pub use baseline::{BaselineOptions, run_baseline};
pub use cpu::Cpu;
pub use driver::Choice as DriverChoice;
pub use limits::Limits;
pub use listen::Address;
pub use options::{Instance, LogForm, Options, Serving};
pub use start::{Failure, run};
