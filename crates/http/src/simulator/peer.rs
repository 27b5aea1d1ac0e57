//! A peer that sends bytes and collects the responses.

use crate::buffer::Buffer;
use crate::connection::{Connection, Step};
use crate::limits::Limits;
use crate::response::CONTINUE;
use crate::service::Service;

/// A client's side of a connection with its service.
pub struct Peer<S: Service> {
    /// What answers.
    pub service: S,
    /// The connection's limits.
    pub limits: Limits,
    /// The state machine.
    pub connection: Connection<S>,
    /// Lent to the connection for ever.
    pub buffer: Buffer,
    /// All that the connection has sent.
    pub sent: Vec<u8>,
    /// What it wants next.
    pub step: Step,
    /// The time.
    pub now_ms: u64,
}

impl<S: Service> Peer<S> {
    /// A new connection at time 0.
    pub fn new(service: S, limits: &Limits) -> Self {
        Self {
            service,
            limits: *limits,
            connection: Connection::new(limits, 0),
            buffer: Buffer::new(limits),
            sent: Vec::new(),
            step: Step::Idle,
            now_ms: 0,
        }
    }

    /// Another connection to the same service, in the same memory.
    pub fn reconnect(&mut self) {
        self.connection = Connection::new(&self.limits, 0);
        self.buffer.clear();
        self.sent.clear();
        (self.step, self.now_ms) = (Step::Idle, 0);
    }

    /// Sends bytes as a socket would bring them: no more at once than there is room, and nothing after the end.
    pub fn send(&mut self, mut bytes: &[u8]) -> Step {
        while !bytes.is_empty() && matches!(self.step, Step::Idle | Step::Read) {
            let count = self.send_some(bytes);
            bytes = &bytes[count..];
            self.take_all();
        }
        self.step
    }

    /// Sends what there is room for, and takes no response. How much that was.
    pub fn send_some(&mut self, bytes: &[u8]) -> usize {
        let room = self.buffer.room();
        let count = bytes.len().min(room.len());
        assert!(count > 0, "a connection that wants to read must have room");
        room[..count].copy_from_slice(&bytes[..count]);
        self.buffer.received(count);
        self.step = self.connection.received(&mut self.buffer, &mut self.service, self.now_ms);
        count
    }

    /// Takes `count` bytes of what the connection has to write; returns what these are.
    pub fn take_some(&mut self, count: usize) -> &[u8] {
        assert!(!self.buffer.unsent().is_empty(), "a step to write needs something to write");
        let from = self.sent.len();
        self.sent.extend_from_slice(&self.buffer.unsent()[..count]);
        self.buffer.sent(count);
        if self.buffer.unsent().is_empty() {
            self.step = self.connection.written(&mut self.buffer, &mut self.service, self.now_ms);
        }
        &self.sent[from..]
    }

    /// Takes all responses.
    pub fn take_all(&mut self) -> Step {
        while self.step == Step::Write {
            self.take_some(self.buffer.unsent().len());
        }
        if matches!(self.step, Step::Idle | Step::Linger) {
            let holds_nothing = !self.connection.needs_buffer() && self.buffer.unread().is_empty();
            assert!(holds_nothing, "{:?} must hold nothing", self.step);
        }
        self.step
    }

    /// Sends nothing more.
    pub fn end(&mut self) -> Step {
        self.step = self.connection.ended(&mut self.buffer, &mut self.service, self.now_ms);
        self.take_all()
    }

    /// Waits until the deadline has passed.
    pub fn expire(&mut self) -> Step {
        self.now_ms = self.connection.deadline_ms();
        self.step = self.connection.expired(&mut self.buffer, &mut self.service, self.now_ms);
        self.take_all()
    }

    /// Others need the buffer.
    pub fn evict(&mut self) -> Step {
        self.step = self.connection.evicted(&mut self.buffer, &mut self.service, self.now_ms);
        self.take_all()
    }

    /// All that was sent, as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.sent.clone()).expect("responses of these tests are text")
    }

    /// All that was sent, but for interim responses: these depend on the cuts.
    pub fn final_responses(&self) -> Vec<u8> {
        let mut rest = &self.sent[..];
        let mut responses = Vec::with_capacity(rest.len());
        while let Some(at) = rest.windows(CONTINUE.len()).position(|window| window == CONTINUE) {
            responses.extend_from_slice(&rest[..at]);
            rest = &rest[at + CONTINUE.len()..];
        }
        responses.extend_from_slice(rest);
        responses
    }

    /// Status codes of all responses so far; checks that each is complete and framed by its Content-Length. Not for
    /// responses to HEAD.
    pub fn statuses(&self) -> Vec<u16> {
        let mut statuses = Vec::new();
        let text = self.text();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (head, after) = rest.split_once("\r\n\r\n").expect("a whole head");
            statuses.push(head[9..12].parse().expect("a status code"));
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            rest = &after[length.map_or(0, |length| length.parse().expect("a number"))..];
        }
        statuses
    }
}
