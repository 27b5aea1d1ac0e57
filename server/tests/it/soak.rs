//! Good, bad and hostile traffic at once, on both drivers: every good request is answered right, and nothing grows.
//!
//! Ten seconds here; FRAUDRING_SOAK_SECONDS=600 for the long one, with `-- --nocapture` to see the figures.

use crate::support::corpus::corpus;
use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, payload, post};
use rustix::process::Signal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testkit::machine;

/// One server and what is done to it.
struct Soak<'a> {
    place: &'a IndexFolder,
    server: &'a Server,
    stop: &'a AtomicBool,
    good: AtomicU64,
    bad: AtomicU64,
    hostile: AtomicU64,
}

impl Soak<'_> {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Keep-alive clients that ask one at a time, and now and then in a burst; each lives for a while.
    fn good(&self) {
        let expected: Vec<(String, String)> =
            (0..200).map(payload).map(|body| (post(&body), self.place.expected(&body))).collect();
        let mut round = 0;
        while self.goes_on() {
            let mut client = self.server.connect();
            for (request, body) in &expected {
                let answer = client.ask(request);
                assert_eq!((answer.status, &answer.body), (200, body));
                std::thread::sleep(Duration::from_micros(500));
            }
            let burst = &expected[round % 100..][..50];
            client.send(burst.iter().map(|(request, _)| request.as_str()).collect::<String>());
            for (_, body) in burst {
                assert_eq!(&client.answer().body, body);
            }
            self.good.fetch_add(250, Ordering::Relaxed);
            round += 1;
        }
    }

    /// Every request of the corpus, right or wrong, gets the answer in its name.
    fn bad(&self) {
        let cases = corpus();
        while self.goes_on() {
            for case in &cases {
                let mut client = self.server.connect();
                let _ = client.try_send(&case.request);
                let answer = if case.is_head() { client.answer_to_head() } else { client.final_answer() };
                assert_eq!(answer.status, case.status, "{}", case.name);
                self.bad.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Senders that never end, readers that never read, and connections that vanish in the middle.
    fn hostile(&self) {
        let long = post(&"x".repeat(64 * 1024));
        let burst = post(&payload(1)).repeat(200);
        while self.goes_on() {
            let mut stuck: Vec<Client> = (0..150).map(|_| self.server.connect()).collect();
            for (number, client) in stuck.iter_mut().enumerate() {
                let part = [&long[..long.len() - 1], &long[..10], "\r\n", READY, "\u{16}\u{3}\u{1}", ""][number % 6];
                let _ = client.try_send(part);
            }
            let mut deaf: Vec<Client> = (0..4).map(|_| self.server.connect()).collect();
            for client in &mut deaf {
                // More than its answers find room for on the way back.
                client.send_within(burst.repeat(5), Duration::from_millis(50));
            }
            std::thread::sleep(Duration::from_millis(200));
            self.hostile.fetch_add(stuck.len() as u64 + 4, Ordering::Relaxed);
        }
    }

    fn report(&self, when: &str) -> u64 {
        let kilobytes = self.server.own_kilobytes();
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        eprintln!(
            "{when}: {kilobytes} kB, {} descriptors, {} good, {} bad, {} hostile",
            self.server.descriptors(),
            of(&self.good),
            of(&self.bad),
            of(&self.hostile)
        );
        kilobytes
    }
}

fn soak(sandbox: Sandbox, seconds: u64) {
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
    assert_eq!(server.connect().ask(READY).status, 200);
    let descriptors = server.descriptors();
    let stop = AtomicBool::new(false);
    let count = || AtomicU64::new(0);
    let soak = Soak { place: &place, server: &server, stop: &stop, good: count(), bad: count(), hostile: count() };
    let (warm, end) = std::thread::scope(|scope| {
        for work in [Soak::good, Soak::good, Soak::bad, Soak::hostile] {
            let soak = &soak;
            scope.spawn(move || {
                // Whoever fails ends the others too.
                let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(soak)));
                soak.stop.store(true, Ordering::Relaxed);
                failed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            });
        }
        let begun = Instant::now();
        let wait_until = |second: u64| {
            while soak.goes_on() && begun.elapsed() < Duration::from_secs(second) {
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        wait_until(seconds.div_ceil(5).min(60));
        let warm = soak.report(&format!("{sandbox:?}, after {:?}", begun.elapsed()));
        wait_until(seconds);
        let end = soak.report(&format!("{sandbox:?}, after {:?}", begun.elapsed()));
        stop.store(true, Ordering::Relaxed);
        (warm, end)
    });
    assert!(end * 100 <= warm * 105, "{warm} kB after warm-up, {end} kB at the end");
    assert!(soak.good.into_inner() >= 100 * seconds && soak.bad.into_inner() >= 20 * seconds);
    server.must_come_down_to(descriptors);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn nothing_grows_under_good_bad_and_hostile_traffic() {
    let _turn = machine::alone();
    let seconds = std::env::var("FRAUDRING_SOAK_SECONDS").map_or(10, |seconds| seconds.parse().unwrap());
    std::thread::scope(|scope| {
        for sandbox in [Sandbox::None, Sandbox::NoIoUring] {
            scope.spawn(move || soak(sandbox, seconds));
        }
    });
}
