//! How a balancer hands the sockets of its clients to servers, so that nothing of a request passes through it.
//!
//! # Messages
//!
//! A server listens on a `SEQPACKET` socket in the file system, and balancers connect to it. The first message of a balancer
//! is a [`Hello`] with the descriptor of a [`Page`]; each further one is a [`Handed`] with the descriptor of a client's socket.
//! Nothing comes back this way: a server says what it has to say in the page.
//!
//! # The page
//!
//! A sealed memory file of the balancer, mapped by it and by its servers. It holds a [`Report`] of each server (that it runs,
//! whether it is ready, how many connections it has open) and a [`Word`] for each connection of the balancer, which is changed
//! by compare-and-swap alone:
//!
//! ```text
//!            balancer            server             server, before it reads
//!    free ------------> given ------------> idle <-------------------------> taken
//!      ^                  |                   |      after the last answer      |
//!      +------------------+-------------------+---------------------------------+
//!                         balancer: revoked, or the client has gone
//! ```
//!
//! A word also holds an *epoch*, which grows with each revocation. A server knows the epoch that its socket came with, so
//! every change that it tries after a revocation fails: it finds out before it reads a byte that is not its own any more.
//! The balancer keeps a duplicate of each socket. If a server is lost, its connections that are given or idle have lost nothing
//! and go to another server; of one that is taken the lost server has read a part of a request, so it is closed.
//!
//! What a server does with its words, and what a balancer does, are [`Lease`] and [`Page::word`].

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod channel;
mod lease;
mod message;
mod page;
mod report;
mod word;

pub use channel::{connect, receive, receive_hello, send};
pub use lease::Lease;
pub use message::{HANDED_BYTES, HELLO_BYTES, Handed, Hello};
pub use page::{CONNECTIONS, Page, PageError, SERVERS};
pub use report::{BEAT_MS, Report, Standing};
pub use word::{State, Word};
