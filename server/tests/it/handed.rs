//! Connections that a balancer hands over: served and bounded as those of the own listener, and left alone once revoked.

use crate::support::giver::{Giver, server_with_giver, taking};
use crate::support::{IndexFolder, PATIENCE, READY, Sandbox, at_once, comes_true, payload, post};
use handoff::{Page, Standing, State};
use rustix::process::Signal;
use std::fs::Permissions;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];

#[test]
fn handed_connections_are_served_as_those_of_the_own_listener() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let (mut server, mut giver) = server_with_giver(&place, sandbox, &[]);
        let mut own = server.connect();
        let mut others: Vec<_> = (0..40).map(|_| giver.client()).collect();
        for n in 0..200 {
            let request = post(&payload(n));
            let expected = place.expected(&payload(n));
            assert_eq!(others[n as usize % 40].client.ask(&request).body, expected);
            assert_eq!(own.ask(request).body, expected);
        }
        assert!(comes_true(PATIENCE, || giver.report().open == 41), "{:?}", giver.report());
        // the client ends it, and the server ends the duplicate
        let given = others.pop().unwrap();
        drop(given.client);
        let mut rest = Vec::new();
        { &given.duplicate }.read_to_end(&mut rest).unwrap();
        assert!(comes_true(PATIENCE, || giver.report().open == 40), "{:?}", giver.report());
        drop((own, others));
        server.signal(Signal::TERM);
        let line = server.wait_for_line("\"stopped");
        let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((fields["answers"].as_u64(), fields["allocations"].as_u64()), (Some(400), Some(0)));
        assert_eq!(server.wait().code(), Some(0));
        giver.must_be_left();
    });
}

#[test]
fn the_word_tells_what_a_server_has_read() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let (_server, mut giver) = server_with_giver(&place, sandbox, &[]);
        let mut given = giver.client();
        giver.must_become(&given, State::Idle);
        let request = post(&payload(1));
        given.client.send(&request[..100]);
        giver.must_become(&given, State::Taken);
        given.client.send(&request[100..]);
        assert_eq!(given.client.answer().body, place.expected(&payload(1)));
        giver.must_become(&given, State::Idle);
        // one whole and the half of another
        given.client.send([request.as_bytes(), &request.as_bytes()[..30]].concat());
        assert_eq!(given.client.answer().status, 200);
        giver.must_become(&given, State::Taken);
        // the last answer, after which it waits for the client to close
        given.client.send("\r\n\r\n");
        assert_eq!(given.client.answer().status, 400);
        assert_eq!(giver.word(&given).state(given.epoch), Some(State::Taken));
    });
}

#[test]
fn a_revoked_connection_is_neither_read_nor_ended() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let (server, mut giver) = server_with_giver(&place, sandbox, &[]);
        let before = server.descriptors();
        let mut given: Vec<_> = (0..3).map(|_| giver.client()).collect();
        given.iter().for_each(|given| giver.must_become(given, State::Idle));
        // revoked while it is idle: the server lets go of it without a word
        assert!(giver.word(&given[0]).revoke_unread());
        server.must_come_down_to(before + 2);
        // the server stands still, is relieved of two more, and wakes up
        server.signal(Signal::STOP);
        server.must_be_stopped();
        let request = post(&payload(2));
        given.iter_mut().for_each(|given| given.client.send(&request));
        assert!(given[1..].iter().all(|given| giver.word(given).revoke_unread()));
        server.signal(Signal::CONT);
        server.must_come_down_to(before);
        for given in &mut given {
            let mut room = vec![0; request.len()];
            given.duplicate.read_exact(&mut room).unwrap();
            assert_eq!(room, request.as_bytes());
            std::io::Write::write_all(&mut given.duplicate, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            assert_eq!(given.client.answer().status, 200);
        }
    });
}

#[test]
fn what_was_revoked_on_its_way_is_not_served() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let (server, mut giver) = server_with_giver(&place, sandbox, &[]);
        let before = server.descriptors();
        server.signal(Signal::STOP);
        server.must_be_stopped();
        let (mut revoked, mut served) = (giver.client(), giver.client());
        assert!(giver.word(&revoked).revoke_unread());
        server.signal(Signal::CONT);
        assert_eq!(served.client.ask(READY).status, 200);
        server.must_come_down_to(before + 1);
        revoked.duplicate.set_nonblocking(true).unwrap();
        revoked.client.send("x");
        assert_eq!(revoked.duplicate.read(&mut [0; 8]).unwrap(), 1);
    });
}

#[test]
fn limits_hold_for_handed_connections_too() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let limits = ["--max-connections", "16", "--max-open-requests", "4", "--head-timeout-ms", "300"];
        let (_server, mut giver) = server_with_giver(&place, sandbox, &limits);
        // the longest idle ones make room, and are closed though there are duplicates
        let mut idle: Vec<_> = (0..40).map(|_| giver.client()).collect();
        for given in &mut idle[..20] {
            given.client.must_be_closed();
        }
        let mut next = giver.client();
        assert_eq!(next.client.ask(READY).status, 200);
        // a head that does not come in time
        next.client.send("POST");
        assert_eq!(next.client.answer().status, 408);
        next.client.end_output();
        next.client.must_be_closed();
    });
}

#[test]
fn a_server_that_stops_leaves_idle_connections_to_others_and_finishes_requests() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let (mut server, mut giver) = server_with_giver(&place, sandbox, &[]);
        let (mut idle, mut busy) = (giver.client(), giver.client());
        assert_eq!(idle.client.ask(READY).status, 200);
        let request = post(&payload(3));
        busy.client.send(&request[..50]);
        giver.must_become(&busy, State::Taken);
        server.signal(Signal::TERM);
        assert!(comes_true(PATIENCE, || giver.report().standing == Standing::Draining));
        let late = giver.client();
        busy.client.send(&request[50..]);
        let answer = busy.client.answer();
        assert_eq!((answer.body.clone(), answer.closes()), (place.expected(&payload(3)), true));
        drop(busy.client);
        assert_eq!(server.wait().code(), Some(0));
        giver.must_be_left();
        assert!(!place.path("api.handoff").exists(), "the path must be removed");
        assert_eq!(giver.word(&idle).state(idle.epoch), Some(State::Idle));
        assert_eq!(giver.word(&late).state(late.epoch), Some(State::Given));
        idle.client.send("still open");
        let mut room = [0; 10];
        idle.duplicate.read_exact(&mut room).unwrap();
        assert_eq!(&room, b"still open");
    });
}

#[test]
fn connections_outlive_the_balancer_that_handed_them_over() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let (server, mut first) = server_with_giver(&place, sandbox, &["--idle-timeout-ms", "500"]);
        let mut given = first.client();
        assert_eq!(given.client.ask(READY).status, 200);
        drop(first);
        drop(given.duplicate);
        assert_eq!(given.client.ask(READY).status, 200);
        let mut second = Giver::to(&place);
        assert_eq!(second.client().client.ask(READY).status, 200);
        given.client.must_be_closed();
        drop(server);
    });
}

#[test]
fn a_balancer_of_another_user_is_refused() {
    use rustix::thread::{Uid, set_thread_res_uid};
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can take the part of another user");
        return;
    }
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        place.let_everybody_read();
        let mut server = taking(&place, sandbox, &[]);
        let path = place.path("api.handoff");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        let (page, file) = Page::new(8).unwrap();
        std::thread::scope(|scope| {
            let stranger = scope.spawn(|| {
                // of this thread alone
                let nobody = Uid::from_raw(65_534);
                set_thread_res_uid(nobody, nobody, nobody).unwrap();
                drop(handoff::connect(&path).unwrap());
            });
            stranger.join().unwrap();
        });
        assert!(server.wait_for_line("refused a balancer").contains("another user"));
        assert_eq!(page.report(0).standing, Standing::Silent);
        drop(file);
        assert_eq!(Giver::to(&place).client().client.ask(READY).status, 200);
    });
}

#[test]
fn balancers_are_few_and_have_to_speak_the_language() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let mut server = taking(&place, sandbox, &[]);
        let (_page, file) = Page::new(8).unwrap();
        let channel = handoff::connect(&place.path("api.handoff")).unwrap();
        handoff::send(&channel, b"GET / HTTP/1.1\r\n", file.as_fd()).unwrap();
        server.wait_for_line("refused a balancer");
        let mut givers: Vec<_> = (0..8).map(|_| Giver::to(&place)).collect();
        let _ninth = handoff::connect(&place.path("api.handoff")).unwrap();
        assert!(server.wait_for_line("refused a balancer").contains("as many as"));
        for giver in &mut givers {
            assert_eq!(giver.client().client.ask(READY).status, 200);
        }
    });
}
