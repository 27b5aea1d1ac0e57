//! What happens at all sockets, and an alarm, as one queue.

use crate::clock::{Alarm, Wait};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

const ALARM: u64 = u64::MAX;
const EVENTS_AT_ONCE: usize = 64;

/// Which socket an event is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The slot of the socket.
    pub slot: u32,
    /// Which of the slot's sockets, one after the other.
    pub generation: u32,
}

/// See the module. Used by one thread.
pub struct EventQueue {
    epoll: OwnedFd,
    alarm: Alarm,
    /// Of the last wait.
    events: Vec<Event>,
}

impl EventQueue {
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let nothing = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        Ok(Self { alarm: Alarm::new(&epoll, ALARM)?, epoll, events: vec![nothing; EVENTS_AT_ONCE] })
    }

    /// Watches a socket for what can be read, and for whether it can be written to if `writable`.
    pub fn add(&self, socket: impl AsFd, token: Token, writable: bool) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, token.data(), interest(writable))?)
    }

    /// Changes whether a socket is watched for whether it can be written to.
    pub fn modify(&self, socket: impl AsFd, token: Token, writable: bool) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, socket, token.data(), interest(writable))?)
    }

    /// Waits until shortly before `due_ns`, or for events; their number.
    pub fn wait(&mut self, now_ns: u64, due_ns: u64) -> io::Result<usize> {
        let wait = self.alarm.set(now_ns, due_ns)?;
        let look = Timespec { tv_sec: 0, tv_nsec: 0 };
        let timeout = if wait == Wait::Look { Some(&look) } else { None };
        match epoll::wait(&self.epoll, &mut self.events[..], timeout) {
            Err(Errno::INTR) => Ok(0),
            result => Ok(result?),
        }
    }

    /// The event of the last wait with this number; `None` if it was the alarm.
    pub fn event(&mut self, number: usize) -> Option<(Token, EventFlags)> {
        let Event { flags, data } = self.events[number];
        if data.u64() == ALARM {
            self.alarm.went_off();
            return None;
        }
        Some((Token::of(data.u64()), flags))
    }
}

impl Token {
    fn data(self) -> EventData {
        EventData::new_u64(u64::from(self.generation) << 32 | u64::from(self.slot))
    }

    fn of(data: u64) -> Self {
        Self { slot: data as u32, generation: (data >> 32) as u32 }
    }
}

fn interest(writable: bool) -> EventFlags {
    let reading = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
    if writable { reading | EventFlags::OUT } else { reading }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was_given() {
        for token in [Token { slot: 0, generation: 0 }, Token { slot: 4095, generation: u32::MAX - 1 }] {
            assert_eq!(Token::of(token.data().u64()), token);
        }
    }
}
