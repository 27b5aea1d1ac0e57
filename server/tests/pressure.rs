//! More connections and more slow senders than there is room for: each costs itself, and nobody else.
#![allow(clippy::unwrap_used)] // a panic is a failed test

mod support;

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Client, Listen, Place, READY, Sandbox, Server, command, payload, post};

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];

#[test]
fn slow_senders_cannot_take_every_buffer() {
    for sandbox in BOTH {
        let place = Place::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let request = post(&payload(5));
        let mut slow: Vec<Client> = (0..200).map(|_| server.connect()).collect();
        slow.iter_mut().for_each(|client| client.send(&request[..150]));
        let begun = Instant::now();
        let mut quick = server.connect();
        for n in 0..100 {
            assert_eq!(quick.ask(post(&payload(n))).body, place.expected(&payload(n)));
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "requests in one piece must not wait for slow ones");
        let mut turned_away = 0;

        for client in &mut slow {
            // Those that were turned away have their answer already.
            let _ = client.try_send(&request[150..]);
            let answer = client.answer();
            match answer.status {
                200 => assert_eq!(answer.body, place.expected(&payload(5))),
                408 | 503 => turned_away += 1,
                other => panic!("{other}: {}", answer.body),
            }
        }
        assert!((100..200).contains(&turned_away), "{turned_away} of 200 were turned away");
    }
}

#[test]
fn idle_connections_make_room_for_new_ones() {
    for sandbox in BOTH {
        let place = Place::new();
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

#[test]
fn a_server_short_of_descriptors_goes_on_without_spinning() {
    for sandbox in BOTH {
        let place = Place::new();
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
        let before = cpu_ticks(server.process_id());
        std::thread::sleep(Duration::from_millis(500));
        let used = cpu_ticks(server.process_id()) - before;
        assert!(used <= 10, "{used} ticks of 10 ms in 500 ms: the accept loop spins");
        let last = clients.last_mut().unwrap();
        assert_eq!(last.ask(READY).status, 200, "idle connections must have made room");
    }
}

fn anonymous_kilobytes(process_id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn cpu_ticks(process_id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn a_client_that_does_not_read_is_closed_and_others_go_on() {
    for sandbox in BOTH {
        let place = Place::new();
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
    }
}

#[test]
fn an_idle_server_with_idle_connections_stays_small_and_quiet() {
    let place = Place::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let at_start = anonymous_kilobytes(server.process_id());
    let mut clients: Vec<Client> = (0..500).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.ask(post(&payload(1))).status, 200));
    let kilobytes = anonymous_kilobytes(server.process_id());
    assert!(at_start < 8 * 1024, "{at_start} kB before the first connection");
    assert!(kilobytes < 16 * 1024, "{kilobytes} kB");
    let before = cpu_ticks(server.process_id());
    std::thread::sleep(Duration::from_millis(500));
    assert!(cpu_ticks(server.process_id()) - before <= 5, "idle connections must cost nothing");
}
