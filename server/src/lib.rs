//! Scores transactions over HTTP/1.1: one pinned thread, one ring, one shared index.
//!
//! The life of a request: the connection's `session` waits for its socket, borrows a buffer (`buffer_pool`) and reads into
//! it; the state machine of the crate `http` finds head and body; the `service` asks the `scoring::Scorer` what `routes` leads
//! to it, and gives one of the ready-made `responses`, which is written into the same buffer and sent; the buffer goes back.
//! Nothing on this path allocates, locks or logs.
//!
//! Around it, from start to end: `options` and `limits` say what is allowed; `run` finds the index and warms up (`warmup`);
//! `serve` pins the thread, binds (`listen`: a Unix socket or a TCP port, which servers of one index may share), serves and
//! drains; `failure` says why not. `reload` goes over to other indexes on the way, from a thread of its own. An `acceptor` starts a session for each connection of its listener. A `thread` is what all listeners of a
//! process share, its `phase` included; an `endpoint` is one service with the limits, buffers and connections
//! (`connection_table`) of its listener; `fair_yield` keeps tasks from starving each other. `forced_exit` ends a process
//! whose loop cannot end it, `keep_warm` keeps the core awake, `memory` adds the limits up. `baseline` puts nothing behind
//! all of it, to know what it costs by itself. Ring or epoll, sockets, cores and signals are those of the crate `runtime`.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod acceptor;
mod baseline;
mod buffer_pool;
mod connection_table;
mod endpoint;
mod failure;
mod fair_yield;
mod forced_exit;
#[cfg(any(fuzzing, test))]
#[cfg_attr(test, allow(dead_code))]
pub mod fuzzing;
mod keep_warm;
mod limits;
mod listen;
mod log;
mod memory;
mod options;
mod phase;
#[allow(dead_code, unused_imports, reason = "the admin listener is to read it")]
mod reload;
mod responses;
mod routes;
mod run;
mod serve;
mod service;
mod session;
mod thread;
mod warmup;

pub use baseline::{BaselineOptions, run_baseline};
pub use failure::Failure;
pub use limits::Limits;
pub use listen::Address;
pub use options::{Instance, LogForm, Options, Serving};
pub use run::run;
pub use runtime::affinity::Cpu;
pub use runtime::driver::Choice as DriverChoice;

/// The allocator of a server, which counts what requests allocate: nothing, as the log says at the end.
pub type Allocator = runtime::allocator::Counting<mimalloc::MiMalloc>;

/// To be the `#[global_allocator]` of a binary that serves.
pub const ALLOCATOR: Allocator = runtime::allocator::Counting(mimalloc::MiMalloc);
