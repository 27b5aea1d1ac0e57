//! haproxy with its own configuration before two servers: floods of clients, and a server that hangs.

use crate::support::haproxy::{Balancer, configuration, haproxy};
use crate::support::{
    Client, IndexFolder, PATIENCE, READY, Sandbox, Server, comes_true, is_missing, payload, post, post_with,
    raise_own_descriptors,
};
use rustix::process::{Resource, Signal, getrlimit};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use testkit::machine;

/// haproxy's own part of its container's memory: the rest is the kernel's, for 10,100 connections, and cached pages.
const MEMORY_LIMIT_BYTES: u64 = (144 - 18) << 20;

/// Clients of a flood, where the descriptors are enough for them.
const FLOOD: usize = 10_000;

/// A balancer before two servers.
struct System {
    balancer: Balancer,
    servers: [Server; 2],
    clients: usize,
    place: IndexFolder,
}

impl System {
    /// For a flood of `FLOOD` clients, or of as many as this process may have.
    fn start() -> Self {
        raise_own_descriptors();
        let descriptors = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |limit| limit.try_into().unwrap());
        // Besides the clients: room for others, 2 x 1024 connections to the servers, and 64 more.
        let clients = FLOOD.min(descriptors.saturating_sub(100 + 2 * 1024 + 64));
        let place = IndexFolder::new();
        let servers = ["api1", "api2"].map(|name| {
            let address = format!("unix:{}", place.path(&format!("{name}.sock")).display());
            Server::start_at(&place, &address, Sandbox::None, &[])
        });
        let balancer = Balancer::start(&place, &configuration(), &[&servers[0], &servers[1]], clients + 100);
        let system = Self { balancer, servers, clients, place };
        assert!(comes_true(PATIENCE, || system.balancer.connect().ask(READY).status == 200), "no server is up");
        system
    }

    /// How long a new client waits for the answer to its first request.
    fn new_client(&self, n: u32) -> Duration {
        let begun = Instant::now();
        let answer = self.balancer.connect().ask(post(&payload(n)));
        let time = begun.elapsed();
        assert_eq!(answer.body, self.place.expected(&payload(n)));
        time
    }

    /// Holds clients that `begin` while new ones come, during the flood and after it.
    fn withstands(mut self, name: &str, mut begin: impl FnMut(&mut Client)) {
        let begun = Instant::now();
        let mut times = Vec::new();
        let mut held = Vec::new();
        for n in 0..self.clients {
            let mut client = self.balancer.connect();
            begin(&mut client);
            held.push(client);
            if n % (self.clients / 25) == 0 {
                times.push(self.new_client(times.len() as u32));
            }
        }
        let flooded = begun.elapsed();
        times.extend((25..50).map(|n| self.new_client(n)));
        assert!(self.balancer.descriptors() >= self.clients, "haproxy has turned clients away");
        assert!(self.balancer.lives());
        times.sort();
        let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
        let bytes = self.balancer.own_bytes();
        eprintln!(
            "{} {name} clients in {flooded:.1?}; of {} new ones the median waited {median:?}, the slowest {slowest:?}; \
             haproxy held {} MB",
            self.clients,
            times.len(),
            bytes >> 20
        );
        assert!(median < Duration::from_millis(100), "{times:?}");
        assert!(slowest < Duration::from_secs(1), "{times:?}");
        assert!(bytes < MEMORY_LIMIT_BYTES, "{bytes} bytes");
    }
}

/// The n-th payload with white space behind it.
fn padded(n: u32, bytes: usize) -> String {
    let payload = payload(n);
    payload.clone() + &" ".repeat(bytes - payload.len())
}

#[test]
fn idle_clients_keep_nobody_out() {
    let _turn = machine::alone();
    if !is_missing("haproxy", haproxy().arg("-v")) {
        System::start().withstands("idle", |client| assert_eq!(client.ask(READY).status, 200));
    }
}

#[test]
fn half_sent_heads_keep_nobody_out() {
    let _turn = machine::alone();
    if !is_missing("haproxy", haproxy().arg("-v")) {
        let head = post_with(&format!("X: {}\r\n", "a".repeat(8_000)), "");
        System::start().withstands("half-headed", |client| client.send(&head[..8_000]));
    }
}

#[test]
fn half_sent_bodies_keep_nobody_out() {
    let _turn = machine::alone();
    if !is_missing("haproxy", haproxy().arg("-v")) {
        let request = post(&padded(0, 8_000));
        System::start().withstands("half-bodied", |client| client.send(&request[..7_000]));
    }
}

#[test]
fn a_server_that_hangs_for_4_seconds_costs_no_error_and_no_second() {
    const RATE: u32 = 300;
    const SECONDS: u32 = 6;
    let _turn = machine::alone();
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let system = System::start();
    let begun = Instant::now();
    let next = AtomicU32::new(0);
    // As many as can wait at once, should all do so for a second.
    let times: Vec<Duration> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..RATE).map(|_| scope.spawn(|| sends(&system, begun, RATE, SECONDS, &next))).collect();
        std::thread::sleep(Duration::from_secs(1));
        system.servers[0].signal(Signal::STOP);
        std::thread::sleep(Duration::from_secs(4));
        system.servers[0].signal(Signal::CONT);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(times.len(), (RATE * SECONDS) as usize);
    let slowest = *times.iter().max().unwrap();
    let waited = times.iter().filter(|&&time| time > Duration::from_millis(300)).count();
    eprintln!("{waited} of {} requests waited for the server that hung; the slowest took {slowest:?}", times.len());
    assert!(waited > 0, "no server hung");
    assert!(slowest < Duration::from_secs(1));
}

/// One of the clients that together send `rate` requests a second, each at its time; how long the answers took from then.
fn sends(system: &System, begun: Instant, rate: u32, seconds: u32, next: &AtomicU32) -> Vec<Duration> {
    let mut client = system.balancer.connect();
    let mut times = Vec::new();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= rate * seconds {
            return times;
        }
        let planned = begun + Duration::from_secs(1) * n / rate;
        std::thread::sleep(planned.saturating_duration_since(Instant::now()));
        assert_eq!(client.ask(post(&payload(n))).body, system.place.expected(&payload(n)));
        times.push(planned.elapsed());
    }
}

/// The time that a server has for an answer must not become the time that a client has for its body.
#[test]
fn a_slow_sender_of_a_large_body_is_waited_for() {
    let _turn = machine::alone();
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let system = System::start();
    for bytes in [3_000, 30_000] {
        let request = post(&padded(3, bytes));
        let (first, second) = request.split_at(request.len() / 2);
        let mut client = system.balancer.connect();
        client.send(first);
        std::thread::sleep(Duration::from_millis(1_500));
        client.send(second);
        assert_eq!(client.answer().body, system.place.expected(&payload(3)), "{bytes} bytes");
    }
}
