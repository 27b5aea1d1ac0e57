//! Scores transactions over HTTP/1.1: one pinned thread, one ring, one shared index.
//!
//! The life of a request: the connection's session (crate `listener`) reads into a borrowed buffer; the state machine of the
//! crate `http` finds head and body; the `service` asks the `scoring::Scorer` what `routes` leads to it, and gives one of the
//! ready-made `responses`, which is written into the same buffer and sent. Nothing on this path allocates, locks or logs.
//!
//! Around it, from start to end: `options` and `limits` say what is allowed, `memory` adds it up; `run` finds the index and
//! warms up (`warmup`); `serve` pins the thread, binds, serves and drains; `failure` says why not. `reload` goes over to
//! other indexes on the way, from a thread of its own, as `decision_log` writes down sampled decisions. `forced_exit` ends a process whose loop cannot end it. `baseline` puts
//! nothing behind all of it, to know what it costs by itself. Ring or epoll, sockets, cores and signals are those of the
//! crate `runtime`.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod admin;
mod baseline;
mod decision_log;
#[cfg(test)]
mod documented;
mod failure;
mod forced_exit;
#[cfg(any(fuzzing, test))]
#[cfg_attr(test, allow(dead_code))]
pub mod fuzzing;
mod limits;
mod memory;
mod options;
mod reload;
mod responses;
mod routes;
mod run;
mod serve;
mod service;
mod telemetry;
mod warmup;

pub use ::admin::AdminAddress;
pub use admin::{admin_fields, admin_page_of_all};
pub use baseline::{BaselineOptions, run_baseline};
pub use decision_log::{DecisionLogOptions, LogFileError};
pub use failure::Failure;
pub use listener::{Limits, ListenAddress};
pub use options::{Instance, Options, Serving};
pub use run::run;
pub use runtime::affinity::Cpu;
pub use runtime::driver::Choice as DriverChoice;

/// The allocator of a server, which counts what requests allocate: nothing, as the log says at the end.
pub type Allocator = runtime::allocator::Counting<mimalloc::MiMalloc>;

/// To be the `#[global_allocator]` of a binary that serves.
pub const ALLOCATOR: Allocator = runtime::allocator::Counting(mimalloc::MiMalloc);
