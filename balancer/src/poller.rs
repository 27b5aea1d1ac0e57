//! Waits for what happens: epoll, with a name for each source.

use crate::limits::EVENTS;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A client waits to be accepted.
    Listener,
    /// A signal to stop.
    Stop,
    /// A signal to look at the list of servers again.
    Hangup,
    /// The way to this server has ended.
    Link(u32),
    /// This connection has ended in both directions.
    Connection {
        /// Its number.
        connection: u32,
        /// How many had the number before: tells a late event from one of a successor.
        generation: u32,
    },
}

const KIND_BITS: u32 = 3;

impl Source {
    fn to_bits(self) -> u64 {
        let (kind, number, generation) = match self {
            Self::Listener => (0, 0, 0),
            Self::Stop => (1, 0, 0),
            Self::Link(server) => (2, server, 0),
            Self::Connection { connection, generation } => (3, connection, generation),
            Self::Hangup => (4, 0, 0),
        };
        u64::from(generation) << 32 | u64::from(number) << KIND_BITS | kind
    }

    fn from_bits(bits: u64) -> Self {
        let number = bits as u32 >> KIND_BITS;
        match bits & ((1 << KIND_BITS) - 1) {
            0 => Self::Listener,
            1 => Self::Stop,
            2 => Self::Link(number),
            4 => Self::Hangup,
            _ => Self::Connection { connection: number, generation: (bits >> 32) as u32 },
        }
    }

    /// What is waited for. The end of both directions is always told.
    fn flags(self) -> EventFlags {
        match self {
            Self::Listener | Self::Stop | Self::Hangup => EventFlags::IN,
            Self::Link(_) => EventFlags::RDHUP,
            Self::Connection { .. } => EventFlags::ET,
        }
    }
}

/// The sources that are waited for, and what happened last.
pub struct Poller {
    epoll: OwnedFd,
    events: Vec<Event>,
}

impl Poller {
    /// Waits for nothing yet.
    ///
    /// # Errors
    ///
    /// The process has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(CreateFlags::CLOEXEC)?, events: Vec::with_capacity(EVENTS) })
    }

    /// Also waits for `source`, which `descriptor` tells of.
    ///
    /// # Errors
    ///
    /// The kernel has no memory for it, or the user no watch left.
    pub fn add(&self, descriptor: impl AsFd, source: Source) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, descriptor, EventData::new_u64(source.to_bits()), source.flags())?)
    }

    /// Not any more. A socket of which others have duplicates does not leave by being closed.
    pub fn remove(&self, descriptor: impl AsFd) {
        // It is there: whoever removes it has added it.
        let _ = epoll::delete(&self.epoll, descriptor);
    }

    /// Waits until something happens or the time is over; how many things happened.
    ///
    /// # Errors
    ///
    /// What the kernel says, which it should not.
    pub fn wait(&mut self, timeout_ms: u64) -> io::Result<usize> {
        self.events.clear();
        let timeout = Timespec { tv_sec: (timeout_ms / 1_000) as i64, tv_nsec: (timeout_ms % 1_000 * 1_000_000) as _ };
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(self.events.len()),
            Err(error) => Err(error.into()),
        }
    }

    /// The n-th of what happened.
    pub fn event(&self, number: usize) -> Source {
        Source::from_bits(self.events[number].data.u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_source_is_read_as_it_was_written() {
        for source in [
            Source::Listener,
            Source::Stop,
            Source::Hangup,
            Source::Link(15),
            Source::Connection { connection: 65_535, generation: u32::MAX },
            Source::Connection { connection: 0, generation: 0 },
        ] {
            assert_eq!(Source::from_bits(source.to_bits()), source);
        }
    }

    #[test]
    fn a_connection_is_told_of_when_both_directions_have_ended_and_only_then() {
        let mut poller = Poller::new().unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let source = Source::Connection { connection: 7, generation: 3 };
        poller.add(&near, source).unwrap();
        std::io::Write::write_all(&mut &far, b"request").unwrap();
        far.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(poller.wait(0).unwrap(), 0);
        near.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!((poller.wait(0).unwrap(), poller.event(0)), (1, source));
        assert_eq!(poller.wait(0).unwrap(), 0, "told once");
    }
}
