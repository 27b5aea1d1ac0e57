//! The balancer's state, and what is done with clients: accepted, given to a server, let wait, closed.

use crate::choice::Chooser;
use crate::counts::Counts;
use crate::deadline_queue::DeadlineQueue;
use crate::limits::{ACCEPT_BACKOFF_MS, ACCEPT_BURST, ACCEPT_REPORT_MS, DISCARD_BYTES, TAKE_MS};
use crate::link::Delivery;
use crate::options::Options;
use crate::poller::{Poller, Source};
use crate::server::Server;
use crate::table::Table;
use handoff::{Handed, Page, State};
use runtime::nonblocking;
use rustix::net::Shutdown;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// Everything that the balancer has.
pub struct Balancer {
    pub(crate) poller: Poller,
    /// Shared with the servers by `page_file`.
    pub(crate) page: Page,
    pub(crate) page_file: OwnedFd,
    pub(crate) table: Table,
    pub(crate) servers: Vec<Server>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) server_timeout_ms: u64,
    pub(crate) now_ms: u64,
    chooser: Chooser,
    /// For whom there is no server.
    waiting: DeadlineQueue,
    /// Those that were handed over lately, and may not be taken yet.
    on_their_way: DeadlineQueue,
    answers_503: bool,
    listener: Option<Listener>,
    next_report_ms: u64,
}

/// Where clients are accepted.
struct Listener {
    socket: OwnedFd,
    /// Until then nobody is accepted, and the poller does not tell of those who wait.
    paused_until_ms: Option<u64>,
}

impl Balancer {
    /// Accepts on `listener`, at most `connections` at once. It has no server yet.
    ///
    /// # Errors
    ///
    /// The system has no descriptor or no memory left.
    pub fn new(options: &Options, listener: OwnedFd, connections: usize) -> io::Result<Self> {
        let poller = Poller::new()?;
        poller.add(&listener, Source::Listener)?;
        let (page, page_file) = Page::new(connections)?;
        Ok(Self {
            poller,
            page,
            page_file,
            table: Table::new(connections),
            servers: Vec::with_capacity(handoff::SERVERS),
            counts: Arc::default(),
            server_timeout_ms: options.server_timeout_ms,
            now_ms: 0,
            chooser: Chooser::new(options.choice),
            waiting: DeadlineQueue::new(connections, options.wait_timeout_ms),
            on_their_way: DeadlineQueue::new(connections, TAKE_MS),
            answers_503: options.answer_503,
            listener: Some(Listener { socket: listener, paused_until_ms: None }),
            next_report_ms: 0,
        })
    }

    /// Takes the clients that wait to be accepted, but not so many that others would wait for it.
    pub fn accept_some(&mut self) {
        for _ in 0..ACCEPT_BURST {
            if !self.accept_one() {
                return;
            }
        }
    }

    /// Takes at most `most` of those that wait to be accepted, and from then on nobody is.
    pub fn accept_last(&mut self, most: usize) {
        for _ in 0..most {
            if !self.accept_one() {
                break;
            }
        }
        if let Some(listener) = self.listener.take() {
            self.poller.remove(&listener.socket);
        }
    }

    /// Whether somebody waits for a server.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn accept_one(&mut self) -> bool {
        if !self.table.has_room() && !self.evict() {
            self.pause("every connection is busy");
            return false;
        }
        let Some(listener) = &self.listener else { return false };
        match nonblocking::accept(&listener.socket) {
            Ok(Some(socket)) => {
                self.counts.accepted.add(1);
                self.begin(socket);
                true
            }
            Ok(None) => false,
            Err(error) => {
                self.evict();
                self.pause(&error.to_string());
                false
            }
        }
    }

    fn begin(&mut self, socket: OwnedFd) {
        // There is room: it was looked for.
        let Ok(connection) = self.table.open(socket) else { return };
        let source = Source::Connection { connection, generation: self.table.generation(connection) };
        let is_watched = self.table.socket(connection).is_some_and(|socket| self.poller.add(socket, source).is_ok());
        if is_watched {
            self.place(connection);
        } else {
            self.close(connection);
        }
    }

    /// Gives a connection that nobody has to a server, or lets it wait for one.
    pub(crate) fn place(&mut self, connection: u32) {
        for _ in 0..self.servers.len() {
            let Some(server) = self.chooser.choose(self.servers.len(), |number| self.servers[number].open()) else {
                break;
            };
            if self.give(connection, server) {
                return;
            }
        }
        let epoch = self.page.word(connection).epoch();
        if let Some(first) = self.waiting.push(connection, epoch, self.now_ms) {
            self.give_up(first.connection, first.epoch);
        }
    }

    /// Gives it to this server; false if it does not take it, and then it is not asked again before the next look.
    pub(crate) fn give(&mut self, connection: u32, server: usize) -> bool {
        let epoch = self.page.word(connection).give();
        let delivery = match (&self.servers[server].link, self.table.socket(connection)) {
            (Some(link), Some(socket)) => link.hand(socket, Handed { connection, epoch }),
            _ => Delivery::Refused,
        };
        if delivery == Delivery::Refused {
            self.page.word(connection).revoke();
            self.servers[server].is_full = true;
            return false;
        }
        self.table.set_server(connection, Some(server));
        self.servers[server].assigned += 1;
        // Where there is no room left to remember it, the oldest is forgotten: it has been taken, most likely.
        self.on_their_way.push(connection, epoch, self.now_ms);
        true
    }

    /// Nobody has the connection now.
    pub(crate) fn unassign(&mut self, connection: u32) {
        if let Some(server) = self.table.server(connection) {
            self.servers[server].assigned -= 1;
            self.table.set_server(connection, None);
        }
    }

    /// The client and its server have both ended the connection.
    pub fn ended(&mut self, connection: u32, generation: u32) {
        if self.table.generation(connection) == generation {
            self.close(connection);
        }
    }

    /// Ends a connection, whoever has it.
    pub(crate) fn close(&mut self, connection: u32) {
        self.page.word(connection).revoke();
        self.unassign(connection);
        if let Some(socket) = self.table.close(connection) {
            self.poller.remove(&socket);
            // Others may have duplicates. A client that is gone needs no telling.
            let _ = rustix::net::shutdown(&socket, Shutdown::Both);
        }
    }

    /// Those that wait for a server get one, or have waited for too long.
    pub(crate) fn look_after_waiting(&mut self) {
        if self.servers.iter().any(|server| server.open().is_some()) {
            // No more than there are now: who finds no room waits again.
            for _ in 0..self.waiting.len() {
                let Some(due) = self.waiting.pop() else { break };
                if self.page.word(due.connection).state(due.epoch) == Some(State::Free) {
                    self.place(due.connection);
                }
            }
        }
        while let Some(due) = self.waiting.pop_due(self.now_ms) {
            self.give_up(due.connection, due.epoch);
        }
    }

    /// What its server has not taken in time goes to another. A server may be too busy, or have no descriptor left.
    pub(crate) fn look_after_deliveries(&mut self) {
        while let Some(due) = self.on_their_way.pop_due(self.now_ms) {
            let word = self.page.word(due.connection);
            if word.state(due.epoch) != Some(State::Given) || !word.revoke_unread() {
                continue;
            }
            if let Some(server) = self.table.server(due.connection) {
                self.servers[server].is_full = true;
            }
            self.unassign(due.connection);
            self.counts.passed_on.add(1);
            self.place(due.connection);
        }
    }

    /// What the admin thread reads of what there is now.
    pub(crate) fn tell_counts(&self) {
        self.counts.open.set(self.table.open_count() as u64);
        self.counts.waiting.set(self.waiting.len() as u64);
        for (number, server) in self.servers.iter().enumerate() {
            self.counts.set_server(number, server.assigned, server.health);
        }
    }

    /// Accepts again after a pause.
    pub(crate) fn look_after_listener(&mut self) {
        if let Some(listener) = &mut self.listener
            && listener.paused_until_ms.is_some_and(|end_ms| end_ms <= self.now_ms)
            && self.poller.add(&listener.socket, Source::Listener).is_ok()
        {
            listener.paused_until_ms = None;
        }
    }

    /// Closes a client for whom there is no server.
    fn give_up(&mut self, connection: u32, epoch: u64) {
        if self.page.word(connection).state(epoch) != Some(State::Free) {
            return;
        }
        self.counts.unserved.add(1);
        if let Some(socket) = self.table.socket(connection).filter(|_| self.answers_503) {
            // It may be gone, or not take it.
            let _ = nonblocking::send(socket, UNAVAILABLE);
            let _ = rustix::net::shutdown(socket, Shutdown::Write);
            // A socket that is closed with unread bytes takes the answer back.
            let mut room = [0; 4096];
            for _ in 0..DISCARD_BYTES / room.len() {
                if !matches!(nonblocking::receive(socket, &mut room), Ok(Some(1..))) {
                    break;
                }
            }
        }
        self.close(connection);
    }

    /// Closes one connection that waits for a next request; false if all are busy.
    fn evict(&mut self) -> bool {
        for _ in 0..self.table.len() {
            let connection = self.table.round();
            let word = self.page.word(connection);
            if word.current() == State::Idle && word.revoke_unread() {
                self.counts.evicted.add(1);
                self.close(connection);
                return true;
            }
        }
        false
    }

    /// Nobody is accepted for a moment; else the loop would turn without rest.
    fn pause(&mut self, why: &str) {
        let Some(listener) = &mut self.listener else { return };
        if listener.paused_until_ms.is_none() {
            self.poller.remove(&listener.socket);
        }
        listener.paused_until_ms = Some(self.now_ms + ACCEPT_BACKOFF_MS);
        if self.now_ms >= self.next_report_ms {
            self.next_report_ms = self.now_ms + ACCEPT_REPORT_MS;
            tracing::warn!(why, open = self.table.open_count(), "cannot accept; trying again");
        }
    }
}

/// What `--answer-503` sends.
const UNAVAILABLE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nContent-Length: 95\r\n\
    Retry-After: 1\r\nConnection: close\r\n\r\n\
    {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"no server is ready\"}";

#[cfg(test)]
mod tests {
    use super::UNAVAILABLE;

    #[test]
    fn the_answer_has_the_length_that_it_says() {
        let text = str::from_utf8(UNAVAILABLE).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{}", body.len());
    }
}
