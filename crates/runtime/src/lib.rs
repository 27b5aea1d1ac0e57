//! What several programs need of the operating system, each thing once. Knows no protocol and no index.
//!
//! | module | is | feature |
//! |---|---|---|
//! | [`affinity`] | pins a thread to a core | |
//! | [`allocator`] | counts what each thread allocates | |
//! | [`background`] | threads that give way, at a pace | |
//! | [`nonblocking`] | `recv`, `send` and `accept` that never wait | |
//! | [`peer`] | who is at the other end of a Unix socket | |
//! | [`rlimit`] | raises the limit of open descriptors | |
//! | `probe` | proves by an operation that io_uring works | `probe` |
//! | `signals` | signals of a server, as sockets to wait on | `signals` |
//! | `driver` | a loop on io_uring or epoll, sockets to wait on, time | `driver` |

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod affinity;
pub mod allocator;
pub mod background;
#[cfg(feature = "driver")]
pub mod driver;
pub mod nonblocking;
pub mod peer;
#[cfg(feature = "probe")]
pub mod probe;
pub mod rlimit;
#[cfg(feature = "signals")]
pub mod signals;
