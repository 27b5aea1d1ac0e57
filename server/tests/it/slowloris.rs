//! 2,000 connections that send a byte a second and 2,000 that send nothing: a normal client must hardly notice.

use crate::support::{
    Client, IndexFolder, Listen, PATIENCE, READY, Sandbox, Server, comes_true, payload, post, raise_own_descriptors,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::machine;

const SLOW: usize = 2_000;
const IDLE: usize = 2_000;
const MEASURED: Duration = Duration::from_millis(1_200);
const PAIRS: usize = 3;

/// The 99th percentile of one client's requests, each checked; they take more than a second, so that every slow sender
/// has sent its byte meanwhile.
fn p99(place: &IndexFolder, server: &Server) -> Duration {
    let expected: Vec<(String, String)> =
        (0..50).map(payload).map(|body| (post(&body), place.expected(&body))).collect();
    let mut client = server.connect();
    let begun = Instant::now();
    let mut times = Vec::with_capacity(100_000);
    while begun.elapsed() < MEASURED {
        let (request, body) = &expected[times.len() % expected.len()];
        let sent = Instant::now();
        let answer = client.ask(request);
        times.push(sent.elapsed());
        assert_eq!((answer.status, &answer.body), (200, body));
    }
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

/// Keeps `SLOW` connections dripping until told to stop; those that the server closes are opened again.
fn drip(server: &Server, open: &AtomicUsize, stop: &AtomicBool) {
    let request = post(&payload(1));
    let mut clients: Vec<(Client, usize)> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        while clients.len() < SLOW {
            clients.push((server.connect(), 0));
        }
        open.store(clients.len(), Ordering::Relaxed);
        for (number, (client, sent)) in clients.iter_mut().enumerate() {
            if client.try_send(&request.as_bytes()[*sent..*sent + 1]).is_ok() {
                *sent += 1;
            } else {
                (*client, *sent) = (server.connect(), 0);
            }
            // One by one over the second, as 2,000 senders would: bytes in bursts would stand at the 99th percentile itself.
            let due = Duration::from_micros((number as u64 + 1) * 500);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

#[test]
fn a_normal_client_hardly_notices_four_thousand_hostile_connections() {
    let _turn = machine::alone();
    raise_own_descriptors();
    for sandbox in [Sandbox::None, Sandbox::NoIoUring] {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &[]);
        p99(&place, &server);
        let mut ratios = Vec::new();
        for _ in 0..PAIRS {
            let alone = p99(&place, &server);
            let (open, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
            let beset = std::thread::scope(|scope| {
                let mut idle: Vec<Client> = (0..IDLE).map(|_| server.connect()).collect();
                scope.spawn(|| drip(&server, &open, &stop));
                assert!(comes_true(PATIENCE, || open.load(Ordering::Relaxed) == SLOW), "they do not connect");
                let beset = p99(&place, &server);
                stop.store(true, Ordering::Relaxed);
                assert_eq!(idle[IDLE / 2].ask(READY).status, 200, "idle connections are let be");
                beset
            });
            eprintln!("{sandbox:?}: p99 {alone:?} alone, {beset:?} beset");
            ratios.push(beset.as_secs_f64() / alone.as_secs_f64());
        }
        ratios.sort_by(f64::total_cmp);
        assert!(ratios[PAIRS / 2] <= 3.0, "p99 by pairs, beset to alone: {ratios:.2?}");
    }
}
