//! Accepts clients and hands each accepted socket to one of the servers, so that nothing of a request passes through it.
//!
//! ```text
//! accept -> table -> choice -> link (a message with the socket) -> server
//!             |                  ^
//!             +--- take-over ----+   a server that is lost, late or stopping
//! ```
//!
//! The *balancer* keeps a duplicate of each socket in its `table`, and for each a word in a page that it shares with its
//! servers (crate `handoff`). By these it knows what a lost server had read, and gives the rest to another: `takeover`. A server
//! is judged by its `pulse`. Clients for whom there is no server wait in a `deadline_queue`. `run` is from the options to
//! the exit code, with a plain loop on epoll in one thread: it works once a connection and not once a request, so a ring would
//! gain nothing.
//!
//! **Invariant:** it reads no byte of a client and, unless told so by `--answer-503`, sends none.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod admin;
mod balancer;
mod choice;
mod counts;
mod deadline_queue;
mod failure;
mod limits;
mod link;
mod options;
mod poller;
mod pulse;
mod run;
mod server;
mod server_list;
mod table;
mod takeover;

pub use choice::Choice;
pub use failure::Failure;
pub use options::Options;
pub use run::run;
