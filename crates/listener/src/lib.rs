//! A service of the crate `http` behind a socket: accepts its connections, bounds what they take, serves and drains them.
//!
//! ```text
//! listen::bind -> Acceptor -> a session for each connection -> http::Connection -> Service
//! ```
//!
//! A [`Thread`] is what all listeners of one serving thread share: clock, phase, counts, and how its tasks take turns
//! ([`FairYield`]). An [`Endpoint`] is one service with the limits, buffers and connections of its listener; an [`Acceptor`]
//! starts a session for each connection, and so does a handoff acceptor for those that balancers hand over (crate `handoff`):
//! they are served and bounded alike. Nothing that a request does here allocates or locks.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod acceptor;
mod balancer_links;
mod buffer_pool;
mod connection_table;
mod counter;
mod endpoint;
mod fair_yield;
mod handoff_acceptor;
mod keep_warm;
pub mod limits;
pub mod listen;
mod memory;
mod phase;
mod serving;
mod session;
mod thread;

pub use acceptor::Acceptor;
pub use counter::Counter;
pub use endpoint::Endpoint;
pub use fair_yield::FairYield;
pub use keep_warm::keep_warm;
pub use limits::Limits;
pub use listen::ListenAddress;
pub use memory::memory;
pub use phase::{Phase, SharedPhase};
pub use serving::{Served, serve_until_stopped};
pub use thread::{Counts, Thread};
