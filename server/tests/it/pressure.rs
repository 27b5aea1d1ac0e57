//! More connections and more slow senders than there is room for: each costs itself, and nobody else.

use crate::support::{
    Client, IndexFolder, Listen, READY, Sandbox, Server, at_once, command, payload, post, raise_own_descriptors,
};
use rustix::process::Signal;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::machine;

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];

#[test]
fn slow_senders_cannot_take_every_buffer() {
    for sandbox in BOTH {
        let place = IndexFolder::new();
        // Requests in one piece must not wait for slow ones, whose time does not end while the test waits.
        let server = Server::start(&place, Listen::Unix, sandbox, &["--body-timeout-ms", "3600000"]);
        let request = post(&payload(5));
        let mut slow: Vec<Client> = (0..200).map(|_| server.connect()).collect();
        slow.iter_mut().for_each(|client| client.send(&request[..150]));
        let begun = Instant::now();
        let mut quick = server.connect();
        for n in 0..100 {
            assert_eq!(quick.ask(post(&payload(n))).body, place.expected(&payload(n)));
        }
        eprintln!("{sandbox:?}: 100 requests beside 200 slow ones in {:?}", begun.elapsed());
        let mut turned_away = 0;

        for client in &mut slow {
            // Those that were turned away have their answer already.
            let _ = client.try_send(&request[150..]);
            let answer = client.answer();
            match answer.status {
                200 => assert_eq!(answer.body, place.expected(&payload(5))),
                408 => turned_away += 1,
                other => panic!("{other}: {}", answer.body),
            }
        }
        // 64 buffers: each of the others cost a slow sender its own, and so did some that were needed for a moment.
        assert!((136..=160).contains(&turned_away), "{turned_away} of 200 were turned away");
    }
}

/// A pipelining client waits for its turn between two answers; that must not count as being slow.
#[test]
fn bursts_survive_a_flood_of_slow_senders() {
    let _turn = machine::alone();
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--max-open-requests", "4"]);
        let (burst, expected) = (post(&payload(1)).repeat(40), place.expected(&payload(1)));
        let ends = Instant::now() + Duration::from_millis(1_500);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while Instant::now() < ends {
                        let mut good = server.connect();
                        good.send(&burst);
                        for _ in 0..40 {
                            assert_eq!(good.answer().body, expected);
                        }
                    }
                });
            }
            while Instant::now() < ends {
                let mut slow: Vec<Client> = (0..50).map(|_| server.connect()).collect();
                for client in &mut slow {
                    let _ = client.try_send("POST");
                }
            }
        });
    }
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// One connection that always has more to ask, and others that ask now and then.
#[test]
fn an_endless_pipeline_leaves_others_their_turn() {
    let _turn = machine::alone();
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--head-timeout-ms", "300"]);
        let mut greedy: Vec<_> = (0..3).map(|_| server.connect().split()).collect();
        let burst = post(&payload(1)).repeat(100);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (reading, writing) in &mut greedy {
                let (burst, is_over) = (&burst, &is_over);
                scope.spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        writing.write_all(burst.as_bytes()).unwrap();
                    }
                    writing.shutdown_write();
                });
                scope.spawn(move || while reading.read(&mut [0; 65536]).unwrap() > 0 {});
            }
            // Also when an assertion fails: the others would never end.
            let _over = OnDrop(|| is_over.store(true, Ordering::Relaxed));
            let mut slow = server.connect();
            slow.send("POST");
            let mut client = server.connect();
            let begun = Instant::now();
            // The greedy ones go on until all of this is done, and no answer may take longer than a client waits.
            for n in 0..200 {
                assert_eq!(client.ask(post(&payload(n))).body, place.expected(&payload(n)));
            }
            eprintln!("{sandbox:?}: 200 requests beside endless ones in {:?}", begun.elapsed());
            assert_eq!(slow.answer().status, 408, "time-outs must come however busy others keep the server");
        });
    }
}

#[test]
fn idle_connections_make_room_for_new_ones() {
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--max-connections", "8"]);
        let mut clients: Vec<Client> = Vec::new();
        for _ in 0..40 {
            let mut client = server.connect();
            assert_eq!(client.ask(READY).status, 200);
            clients.push(client);
        }
        clients[0].must_be_closed();
        assert_eq!(clients.last_mut().unwrap().ask(READY).status, 200);
    }
}

/// Empty lines are skipped before a request, so they must neither be endless nor count as being busy.
#[test]
fn connections_full_of_empty_lines_make_room_for_new_ones() {
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--max-connections", "4"]);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let stop_at_end = StopAtEnd(&stop);
            for _ in 0..4 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let Ok(mut flood) = Client::try_connect(&server.address) else { continue };
                        while !stop.load(Ordering::Relaxed) {
                            if flood.try_send("\r\n".repeat(100)).is_err() {
                                break;
                            }
                        }
                    }
                });
            }
            // Each may wait for a second, as a refused flood keeps its place while it is read and dropped.
            for n in 0..2 {
                let mut client = server.connect();
                assert_eq!(client.ask(post(&payload(n))).body, place.expected(&payload(n)));
            }
            drop(stop_at_end);
        });
        let mut client = server.connect();
        assert_eq!(client.ask(format!("{}{READY}", "\r\n".repeat(8))).status, 200);
        let answer = client.ask("\r\n".repeat(9));
        assert_eq!((answer.status, answer.closes()), (400, true));
        client.must_be_closed();
    }
}

/// Ends threads also when the test fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_server_short_of_descriptors_goes_on_without_spinning() {
    let _turn = machine::alone();
    for sandbox in BOTH {
        let place = IndexFolder::new();
        let address = format!("unix:{}", place.path("api.sock").display());
        let inner = command(&place, &address, sandbox, &[]);
        let mut limited = Command::new("sh");
        limited.args(["-c", r#"ulimit -n 40; exec "$@""#, "sh"]).arg(inner.get_program()).args(inner.get_args());
        sandbox.confine(&mut limited);
        limited.arg0("sh");
        let mut server = Server::spawn(limited);
        server.wait_for_line("\"serving\"");
        let mut clients: Vec<Client> = (0..80).map(|_| Client::connect(&address)).collect();
        server.wait_for_line("cannot accept");
        let share = server.cpu_share(Duration::from_millis(500));
        assert!(share <= 0.2, "{share:.3} of a core: the accept loop spins");
        let last = clients.last_mut().unwrap();
        assert_eq!(last.ask(READY).status, 200, "idle connections must have made room");
    }
}

#[test]
fn a_client_that_does_not_read_is_closed_and_others_go_on() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--write-timeout-ms", "300"]);
        let mut deaf = server.connect();
        let burst = post(&payload(1)).repeat(100);
        // Ends when the server closes; both sockets' buffers are full long before.
        let writer = std::thread::spawn(move || while deaf.try_send(&burst).is_ok() {});
        let mut client = server.connect();
        for n in 0..100 {
            assert_eq!(client.ask(post(&payload(n))).body, place.expected(&payload(n)));
        }
        writer.join().unwrap();
    });
}

#[test]
fn an_idle_server_with_idle_connections_stays_small_and_quiet() {
    let _turn = machine::alone();
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let at_start = server.own_kilobytes();
    let mut clients: Vec<Client> = (0..500).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.ask(post(&payload(1))).status, 200));
    let kilobytes = server.own_kilobytes();
    eprintln!("{at_start} kB before the first connection, {kilobytes} kB with 500");
    assert!(at_start < 14_800, "{at_start} kB before the first connection");
    assert!(kilobytes < 16_000, "{kilobytes} kB");
    let share = server.cpu_share(Duration::from_millis(500));
    assert!(share <= 0.1, "{share:.3} of a core: idle connections must cost nothing");
}

/// Every limit in use at once: all connections open, all buffers held and filled, the parser at its longest body.
#[test]
fn a_server_with_all_limits_in_use_stays_under_24_megabytes() {
    for sandbox in BOTH {
        fill_all_limits(sandbox, &[], 24_000_000);
    }
}

/// The log's parser is at its longest body, too.
#[test]
fn a_server_with_all_limits_in_use_and_a_decision_log_stays_under_28_megabytes() {
    let log = ["--decision-log", "/dev/null", "--decision-log-sample", "1/1"];
    fill_all_limits(Sandbox::None, &log, 28_000_000);
}

fn fill_all_limits(sandbox: Sandbox, options: &[&str], most_bytes: u64) {
    let _turn = machine::alone();
    raise_own_descriptors();
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Unix, sandbox, options);
    let before = server.descriptors();
    let at_start = server.own_kilobytes();
    let mut largest = server.connect();
    // The body with the most values, each of which takes room in the parser.
    assert_eq!(largest.ask(post(&format!("[{}0]", "0,".repeat(32 * 1024 - 2)))).status, 400);
    let (payload_1, values) = (payload(1), "0,".repeat(30 * 1024));
    let wide = payload_1.replacen('{', &format!("{{\"unknown\":[{values}0],"), 1);
    assert_eq!(largest.ask(post(&wide)).body, place.expected(&payload_1), "of a scored body, too");
    let mut idle: Vec<Client> = (0..2_000).map(|_| server.connect()).collect();
    idle.iter_mut().for_each(|client| assert_eq!(client.ask(READY).status, 200));
    // Each sends all of its body but one byte, so the last 64 hold full buffers.
    let whole = post(&"x".repeat(64 * 1024));
    let mut hostile: Vec<Client> = (0..2_000).map(|_| server.connect()).collect();
    for client in &mut hostile {
        let _ = client.try_send(&whole[..whole.len() - 1]);
    }
    let kilobytes = server.own_kilobytes();
    eprintln!("{sandbox:?}: {at_start} kB at the start, {kilobytes} kB with 4,000 connections");
    assert!(kilobytes * 1024 < most_bytes, "{kilobytes} kB");
    assert!(server.descriptors() > before + 2_000, "the connections must have been open");
    assert_eq!(largest.ask(post(&payload(1))).body, place.expected(&payload(1)), "a good client is served");
    drop((idle, hostile, largest));
    server.must_come_down_to(before);
    server.signal(Signal::TERM);
    assert!(server.wait_for_line("\"stopped").contains("\"allocations\":0"), "{:?}", server.lines.last());
}
