//! A connection without a network, for the tests of services: a peer that sends bytes and collects the responses
//! ([`Peer`]), and a seeded world around it with reads of any size, short writes and faults ([`World`]).

mod peer;
mod world;

pub use peer::Peer;
pub use world::{Case, World};
