//! Scores transactions over HTTP/1.1: one pinned thread, one ring, one shared index.
//!
//! The life of a request: the connection's task waits for its socket (`connection`, `driver`), borrows a buffer
//! (`buffers`) and reads into it; the state machine (`conn`) finds the head (`head`, `target`) and the body (`chunked`), the
//! `handler` asks the `scorer`, the answer (`response`) is written into the same buffer and sent; the buffer goes
//! back. Nothing on this path allocates, locks or logs.
//!
//! Around it: `options` and `limits` say what is allowed, `listen` binds a path or a `port`, which `siblings` may share,
//! `signals` tells when to stop, `last_resort` ends a process that cannot end itself, `cpu` pins, `warmup` runs real
//! queries before the server calls itself ready, the `acceptor` accepts and drains, `worker` is what all connections of
//! a thread share, `slots` their table, `turns` keeps it fair. `allocator` counts, `descriptors` raises their limit,
//! `memory` adds the limits up. `bare` puts nothing behind all of it, to know what it costs by itself.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod acceptor;
mod bare;
mod buffers;
mod chunked;
mod conn;
mod connection;
#[cfg(any(fuzzing, test))]
#[cfg_attr(test, allow(dead_code))]
pub mod fuzzing;
mod handler;
mod head;
mod last_resort;
mod limits;
mod listen;
mod log;
mod memory;
mod options;
mod port;
mod port_error;
mod response;
mod scorer;
mod siblings;
mod slots;
mod start;
mod target;
mod turns;
mod warmup;
mod worker;

pub use bare::{BareOptions, run_bare};
pub use limits::Limits;
pub use listen::Address;
pub use options::{Instance, LogForm, Options, Serving};
pub use runtime::affinity::Cpu;
pub use runtime::driver::Choice as DriverChoice;
pub use start::{Failure, run};

/// The allocator of a server, which counts what requests allocate: nothing, as the log says at the end.
pub type Allocator = runtime::allocator::Counting<mimalloc::MiMalloc>;

/// To be the `#[global_allocator]` of a binary that serves.
pub const ALLOCATOR: Allocator = runtime::allocator::Counting(mimalloc::MiMalloc);
