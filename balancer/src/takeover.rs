//! What is done with servers: reached, judged, and relieved of what they have not read when they are late, lost or stopping.

use crate::balancer::Balancer;
use crate::limits::{RECONNECT_MS, REFILL, REFILL_LOOKS, STALL_MS};
use crate::link::Link;
use crate::poller::Source;
use crate::pulse::Health;
use crate::server::Server;
use handoff::{Hello, Report, SERVERS, State};
use listener::listen::UnixPath;
use std::os::fd::AsFd;

impl Balancer {
    /// Looks after all servers and all clients that wait for something. `late_ms`: how much later than planned.
    pub fn look_after_all(&mut self, late_ms: u64) {
        for server in 0..self.servers.len() {
            if late_ms >= STALL_MS {
                self.servers[server].pulse.excuse(self.now_ms);
            }
            self.servers[server].is_full = false;
            self.reach(server);
            self.judge(server);
        }
        for server in 0..self.servers.len() {
            self.relieve(server);
            self.refill(server);
        }
        self.look_after_deliveries();
        self.look_after_waiting();
        self.look_after_listener();
        self.tell_counts();
    }

    /// The way to a server has ended, and so has the server.
    pub fn server_ended(&mut self, server: usize) {
        let Some(link) = self.servers[server].link.take() else { return };
        self.poller.remove(&link);
        self.servers[server].next_try_ms = self.now_ms;
        self.set_health(server, Health::Absent);
        let passed_on = self.pass_on_unread(server);
        let lost = self.close_taken(server);
        tracing::warn!(server = %self.servers[server].path, passed_on, lost, "a server has ended");
    }

    /// From now on the servers are these. One that is left out gets no more connections; what it has not read goes to others,
    /// what it has read it finishes.
    pub fn set_servers(&mut self, wanted: &[UnixPath]) {
        for server in &mut self.servers {
            server.is_leaving = !wanted.contains(&server.path);
        }
        for path in wanted {
            if self.servers.iter().any(|server| server.path == *path) {
                continue;
            }
            let server = Server::new(path.clone(), self.server_timeout_ms);
            match self.servers.iter().position(Server::is_gone) {
                Some(gone) => self.servers[gone] = server,
                None if self.servers.len() < SERVERS => self.servers.push(server),
                None => tracing::warn!(server = %path, "there are as many servers as there may be"),
            }
        }
        self.counts.set_names(self.servers.iter().map(|server| server.path.to_string()).collect());
    }

    fn part_from(&mut self, number: usize) {
        if let Some(link) = self.servers[number].link.take() {
            self.poller.remove(&link);
            self.set_health(number, Health::Absent);
            tracing::info!(server = %self.servers[number].path, "a server has no connection left and is not listed any more");
        }
    }

    fn reach(&mut self, number: usize) {
        let server = &mut self.servers[number];
        if server.link.is_some() || server.is_leaving || self.now_ms < server.next_try_ms {
            return;
        }
        server.next_try_ms = self.now_ms + RECONNECT_MS;
        // What the server before has reported.
        self.page.write_report(number, Report::default());
        let hello = Hello { server: number as u32, connections: self.page.connections() as u32 };
        // It is not there, or not yet: it is tried again.
        let Ok(link) = Link::open(server.path.path(), hello, self.page_file.as_fd()) else { return };
        if self.poller.add(&link, Source::Link(number as u32)).is_ok() {
            self.servers[number].link = Some(link);
        }
    }

    fn judge(&mut self, number: usize) {
        if self.servers[number].link.is_none() {
            return;
        }
        let report = self.page.report(number);
        let server = &mut self.servers[number];
        server.reported = report.open;
        let health = server.pulse.judge(report, self.now_ms);
        self.set_health(number, health);
    }

    fn set_health(&mut self, number: usize, health: Health) {
        let server = &mut self.servers[number];
        let before = std::mem::replace(&mut server.health, health);
        if before == health {
            return;
        }
        server.refill_looks = if health == Health::Ready { REFILL_LOOKS } else { 0 };
        let (path, connections) = (&server.path, server.assigned);
        match health {
            Health::Ready => tracing::info!(server = %path, "a server takes connections"),
            Health::Starting => tracing::info!(server = %path, "a server is there and not ready"),
            Health::Draining => tracing::info!(server = %path, connections, "a server stops"),
            Health::Late => tracing::info!(server = %path, connections, "a server is late"),
            Health::Hung => tracing::warn!(server = %path, connections, "a server gives no sign of life"),
            // Told by what made it so.
            Health::Absent => {}
        }
    }

    /// Takes from a server what it should not have now.
    fn relieve(&mut self, server: usize) {
        if self.servers[server].is_leaving {
            self.pass_on_unread(server);
            if self.servers[server].assigned == 0 {
                self.part_from(server);
            }
            return;
        }
        if self.servers[server].assigned == 0 {
            return;
        }
        match self.servers[server].health {
            Health::Draining => _ = self.pass_on_unread(server),
            Health::Late | Health::Hung => {
                // If there is no other, it may wake up in time.
                if self.servers.iter().any(|other| other.open().is_some()) {
                    self.pass_on_unread(server);
                }
                if self.servers[server].health == Health::Hung {
                    self.close_taken(server);
                }
            }
            Health::Absent | Health::Starting | Health::Ready => {}
        }
    }

    /// Gives the connections of a server of which it has read nothing to others; how many.
    fn pass_on_unread(&mut self, server: usize) -> usize {
        let (mut passed_on, mut from) = (0, 0);
        while let Some(connection) = self.table.next_of(server, from) {
            from = connection + 1;
            if self.page.word(connection).revoke_unread() {
                self.unassign(connection);
                self.place(connection);
                passed_on += 1;
            }
        }
        self.counts.passed_on.add(passed_on as u64);
        passed_on
    }

    /// Closes the connections of a server of which it has read: nobody else can answer; how many.
    fn close_taken(&mut self, server: usize) -> usize {
        let (mut lost, mut from) = (0, 0);
        while let Some(connection) = self.table.next_of(server, from) {
            from = connection + 1;
            let word = self.page.word(connection);
            if !word.current().is_taken() {
                continue;
            }
            // It may have answered just now.
            if word.revoke().is_taken() {
                self.close(connection);
                lost += 1;
            } else {
                self.unassign(connection);
                self.place(connection);
            }
        }
        self.counts.lost.add(lost as u64);
        lost
    }

    /// Gives a server that has come back its share of what the others have, as far as it is idle.
    fn refill(&mut self, number: usize) {
        let server = &mut self.servers[number];
        if server.refill_looks == 0 || server.open().is_none() {
            return;
        }
        server.refill_looks -= 1;
        let ready = (0..self.servers.len()).filter(|&other| self.servers[other].open().is_some());
        let Some(most) = ready.max_by_key(|&other| self.servers[other].assigned) else { return };
        let surplus = self.servers[most].assigned.saturating_sub(self.servers[number].assigned) / 2;
        let mut from = 0;
        for _ in 0..surplus.min(REFILL) {
            let Some(connection) = self.table.next_of(most, from) else { break };
            from = connection + 1;
            let word = self.page.word(connection);
            if word.current() == State::Idle && word.revoke_unread() {
                self.unassign(connection);
                self.counts.passed_on.add(1);
                if !self.give(connection, number) {
                    self.place(connection);
                    break;
                }
            }
        }
        if surplus == 0 {
            self.servers[number].refill_looks = 0;
        }
    }
}
