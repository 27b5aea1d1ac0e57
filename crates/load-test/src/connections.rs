//! All connections to a target: which are free, and what becomes of the requests given to them.

use crate::clock::Clock;
use crate::errors::Fault;
use crate::event_queue::{EventQueue, Token};
use crate::recorder::Recorder;
use crate::requests::Requests;
use crate::results::{ConnectionCounts, Finish, Rates, Results};
use crate::slot::{End, Flight, Slot, State, Why};
use crate::socket::{Connect, Socket};
use crate::tally::Tally;
use crate::target::Endpoint;
use rustix::event::epoll::EventFlags;
use std::collections::VecDeque;
use std::io;

const NEVER_NS: u64 = u64::MAX;

/// How many connections, and how long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Opened before the first request.
    pub least: usize,
    /// Opened when all are busy, up to so many.
    pub most: usize,
    pub timeout_ns: u64,
}

/// See the module. Used by one thread.
pub struct Connections<'a> {
    pub clock: Clock,
    recorder: Recorder<'a>,
    requests: &'a Requests,
    endpoint: Endpoint,
    limits: Limits,
    slots: Vec<Slot>,
    /// Closed or idle, the longest unused first, as k6 takes its virtual users in turn.
    free: VecDeque<u32>,
    in_flight: usize,
    /// No deadline is earlier. All requests get the same time, so a later request never has an earlier deadline.
    next_deadline_ns: u64,
    events: EventQueue,
    unchunked: Vec<u8>,
    opened: u64,
}

impl<'a> Connections<'a> {
    /// Opens the first ones; fails if one of them cannot be opened.
    pub fn open(endpoint: Endpoint, limits: Limits, requests: &'a Requests, tally: Tally) -> io::Result<Self> {
        let mut connections = Self {
            clock: Clock::start(),
            recorder: Recorder::new(tally, requests),
            requests,
            endpoint,
            limits,
            slots: Vec::with_capacity(limits.most),
            free: VecDeque::with_capacity(limits.most),
            in_flight: 0,
            next_deadline_ns: limits.timeout_ns,
            events: EventQueue::new()?,
            unchunked: Vec::with_capacity(4096),
            opened: 0,
        };
        connections.open_first()?;
        Ok(connections)
    }

    /// Requests whose end is not known yet.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many connections there are, and were ever opened.
    pub fn counts(&self) -> ConnectionCounts {
        ConnectionCounts { open: self.slots.len(), opened: self.opened }
    }

    /// What was counted and timed so far.
    pub fn tally(&self) -> &Tally {
        &self.recorder.tally
    }

    /// The longest latency since the last call.
    pub fn take_slowest_ns(&mut self) -> u64 {
        self.recorder.take_slowest_ns()
    }

    /// Closes them all.
    pub fn into_results(self, finish: Finish, rates: Option<Rates>) -> Results {
        let (unfinished, connections) = (self.in_flight as u64, self.counts());
        let Recorder { tally, faults, .. } = self.recorder;
        Results { tally, faults, unfinished, connections, finish, rates }
    }

    /// How many connections are free.
    pub fn free_count(&self) -> usize {
        self.free.len()
    }

    /// Sends a request on a free connection, else on a new one, else drops it. `intended_ns` by `clock`.
    pub fn begin(&mut self, request: usize, intended_ns: u64) {
        let now_ns = self.clock.now_ns();
        let Some(place) = self.free.pop_front().or_else(|| self.grow()) else {
            self.recorder.tally.dropped += 1;
            return;
        };
        self.recorder.begun(intended_ns, now_ns);
        self.in_flight += 1;
        let flight = Flight { request, intended_ns, begun_ns: now_ns, sent_ns: None };
        self.slots[place as usize].take_off(flight, now_ns + self.limits.timeout_ns);
        let slot = &mut self.slots[place as usize];
        // A server that went away may have closed it a moment ago: nobody's request was open on it then.
        if slot.state == State::Idle && !slot.is_spoilt() {
            return self.transmit(place);
        }
        self.transmit_anew(place);
    }

    /// Waits until shortly before `due_ns`, or for events; their number. To be followed by [`Self::handle`] of each.
    pub fn wait(&mut self, due_ns: u64) -> io::Result<usize> {
        self.events.wait(self.clock.now_ns(), due_ns.min(self.next_deadline_ns))
    }

    /// Does what the event of the last wait with this number asks for.
    pub fn handle(&mut self, number: usize) {
        let Some((Token { slot: place, generation }, flags)) = self.events.event(number) else { return };
        let slot = &mut self.slots[place as usize];
        if slot.generation != generation {
            return;
        }
        let is_over = flags.intersects(EventFlags::ERR | EventFlags::HUP);
        match slot.state {
            State::Closed => {}
            State::Connecting if is_over || flags.contains(EventFlags::OUT) => self.connected(place),
            State::Connecting => {}
            State::Idle => {
                if slot.is_spoilt() {
                    slot.close();
                }
            }
            State::Busy => {
                if slot.watches_writable && flags.contains(EventFlags::OUT) {
                    self.transmit(place);
                }
                self.read(place);
                let slot = &mut self.slots[place as usize];
                // Its end came together with the answer, and will not be reported again.
                if slot.state == State::Idle && flags.contains(EventFlags::RDHUP) {
                    slot.close();
                }
            }
        }
    }

    /// Ends requests, and attempts to connect, that take too long.
    pub fn expire(&mut self) {
        let now_ns = self.clock.now_ns();
        if now_ns < self.next_deadline_ns {
            return;
        }
        self.next_deadline_ns = now_ns + self.limits.timeout_ns;
        for place in 0..self.slots.len() as u32 {
            let slot = &mut self.slots[place as usize];
            if !matches!(slot.state, State::Connecting | State::Busy) {
                continue;
            }
            if slot.deadline_ns > now_ns {
                self.next_deadline_ns = self.next_deadline_ns.min(slot.deadline_ns);
            } else if slot.flight.is_some() {
                self.fail(place, Fault::TimedOut, &Why::Text("there was no whole answer in time"));
            } else {
                slot.close();
                self.free.push_back(place);
            }
        }
    }

    fn open_first(&mut self) -> io::Result<()> {
        for _ in 0..self.limits.least {
            let Some(place) = self.grow() else { break };
            if self.connect(place)? == Connect::Done {
                self.free.push_back(place);
            }
        }
        while self.slots.iter().any(|slot| slot.state == State::Connecting) {
            for number in 0..self.wait(NEVER_NS)? {
                self.handle(number);
            }
            self.expire();
        }
        match self.slots.iter().find_map(|slot| (slot.state == State::Closed).then_some(())) {
            None => Ok(()),
            Some(()) => {
                let why =
                    self.recorder.faults.error().unwrap_or("not every connection could be opened in time").to_owned();
                Err(io::Error::new(io::ErrorKind::ConnectionRefused, why))
            }
        }
    }

    fn grow(&mut self) -> Option<u32> {
        let place = self.slots.len();
        (place < self.limits.most).then(|| {
            self.slots.push(Slot::new());
            place as u32
        })
    }

    /// Opens a socket; the state is then idle or connecting.
    fn connect(&mut self, place: u32) -> io::Result<Connect> {
        let slot = &mut self.slots[place as usize];
        slot.close();
        let (socket, connect) = Socket::connect(&self.endpoint)?;
        let is_underway = connect == Connect::Underway;
        self.events.add(&socket, Token { slot: place, generation: slot.generation }, is_underway)?;
        slot.socket = Some(socket);
        slot.is_proven = false;
        slot.watches_writable = is_underway;
        slot.state = if is_underway { State::Connecting } else { State::Idle };
        if slot.flight.is_none() {
            slot.deadline_ns = self.clock.now_ns() + self.limits.timeout_ns;
        }
        self.opened += 1;
        Ok(connect)
    }

    /// A connect that was underway has an outcome.
    fn connected(&mut self, place: u32) {
        let slot = &mut self.slots[place as usize];
        let outcome = slot.socket.as_ref().map_or(Ok(()), Socket::connected);
        match (outcome, slot.flight) {
            (Ok(()), flight) => {
                slot.state = State::Idle;
                if flight.is_some() {
                    self.transmit(place);
                } else {
                    self.free.push_back(place);
                }
                self.watch(place, false);
            }
            (Err(error), Some(_)) => self.fail(place, Fault::Connection, &Why::System(error)),
            (Err(error), None) => {
                self.recorder.faults.first_error(&error);
                self.slots[place as usize].close();
                self.free.push_back(place);
            }
        }
    }

    /// Writes what the socket takes of the request.
    fn transmit(&mut self, place: u32) {
        let slot = &mut self.slots[place as usize];
        let (Some(socket), Some(flight)) = (&slot.socket, &mut slot.flight) else { return };
        let bytes = self.requests.bytes(flight.request);
        slot.state = State::Busy;
        flight.sent_ns.get_or_insert_with(|| self.clock.now_ns());
        while slot.written < bytes.len() {
            match socket.send(&bytes[slot.written..]) {
                Ok(Some(count)) => slot.written += count,
                Ok(None) => return self.watch(place, true),
                // Closed while it was idle: nothing of the request has left, so another connection may take it.
                Err(_) if slot.written == 0 && slot.is_proven => return self.transmit_anew(place),
                Err(error) => return self.fail(place, Fault::Connection, &Why::System(error)),
            }
        }
        self.watch(place, false);
    }

    /// On a new socket.
    fn transmit_anew(&mut self, place: u32) {
        if let Some(flight) = &mut self.slots[place as usize].flight {
            flight.sent_ns = None;
        }
        match self.connect(place) {
            Ok(Connect::Done) => self.transmit(place),
            Ok(Connect::Underway) => {}
            Err(error) => self.fail(place, Fault::Connection, &Why::System(error)),
        }
    }

    fn watch(&mut self, place: u32, writable: bool) {
        let slot = &mut self.slots[place as usize];
        let Some(socket) = &slot.socket else { return };
        if slot.watches_writable == writable {
            return;
        }
        slot.watches_writable = writable;
        let token = Token { slot: place, generation: slot.generation };
        if let Err(error) = self.events.modify(socket, token, writable) {
            self.fail(place, Fault::Connection, &Why::System(error));
        }
    }

    fn read(&mut self, place: u32) {
        let slot = &mut self.slots[place as usize];
        if slot.state != State::Busy {
            return;
        }
        let Some(flight) = slot.flight else { return };
        let end = slot.read(&mut self.unchunked, self.requests.right(flight.request));
        let now_ns = self.clock.now_ns();
        match end {
            None => {}
            Some(End::Failed { fault, why }) => self.fail(place, fault, &why),
            Some(End::Undecided { fault, status, stays_open }) => {
                self.recorder.undecided(&flight, fault, status, now_ns);
                self.land(place, stays_open);
            }
            Some(End::Decided { reply, stays_open }) => {
                self.recorder.decided(&flight, reply, now_ns);
                self.land(place, stays_open);
            }
        }
    }

    /// The request has its answer.
    fn land(&mut self, place: u32, stays_open: bool) {
        let slot = &mut self.slots[place as usize];
        let Some(flight) = slot.flight.take() else { return };
        self.in_flight -= 1;
        if stays_open && slot.written == self.requests.bytes(flight.request).len() {
            slot.state = State::Idle;
            self.free.push_back(place);
        } else {
            self.reopen(place);
        }
    }

    /// The request will have no answer.
    fn fail(&mut self, place: u32, fault: Fault, why: &Why) {
        let slot = &mut self.slots[place as usize];
        let Some(flight) = slot.flight.take() else { return };
        self.in_flight -= 1;
        self.recorder.failed(&flight, fault, why, self.clock.now_ns());
        if slot.written > 0 {
            self.reopen(place);
        } else {
            // It never was of use: the next request tries again.
            slot.close();
            self.free.push_back(place);
        }
    }

    /// A new socket, so that the next request need not wait for one.
    fn reopen(&mut self, place: u32) {
        match self.connect(place) {
            Ok(Connect::Underway) => {}
            Ok(Connect::Done) | Err(_) => self.free.push_back(place),
        }
    }
}
