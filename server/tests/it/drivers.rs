//! Scoring on both drivers and both kinds of socket, and what happens where io_uring is forbidden.

use crate::support::{IndexFolder, Listen, READY, Sandbox, Server, at_once, command, payload, post, post_with};

fn driver_of(server: &Server) -> &str {
    let of_line = |line: &&String| line.contains(r#""driver":"#);
    assert_eq!(server.lines.iter().filter(of_line).count(), 1, "said once: {:#?}", server.lines);
    let line = server.lines.iter().find(of_line).expect("counted above");
    if line.contains(r#""driver":"io_uring""#) { "io_uring" } else { "epoll" }
}

fn scores_like_the_libraries(listen: Listen, sandbox: Sandbox, options: &[&str], driver: &str) {
    let place = IndexFolder::new();
    let server = Server::start(&place, listen, sandbox, options);
    assert_eq!(driver_of(&server), driver);
    let mut client = server.connect();
    assert_eq!(client.ask(READY).body, "ready\n");
    let mut bodies = std::collections::BTreeSet::new();
    for n in 0..200 {
        let answer = client.ask(post(&payload(n)));
        assert_eq!((answer.status, &answer.body), (200, &place.expected(&payload(n))));
        bodies.insert(answer.body);
    }
    assert!(bodies.len() > 2, "the payloads must have different answers: {bodies:?}");
    let all: String = (0..50).map(|n| post(&payload(n))).collect();
    client.send(all);
    for n in 0..50 {
        assert_eq!(client.answer().body, place.expected(&payload(n)), "pipelined");
    }
    let request = post_with("Expect: 100-continue\r\n", &payload(1));
    let (head, body) = request.split_at(request.len() - payload(1).len());
    assert_eq!(client.ask(head).status, 100);
    assert_eq!(client.ask(body).body, place.expected(&payload(1)));
    let last = client.ask(post_with("Connection: close\r\n", &payload(1)));
    assert!(last.closes());
    client.must_be_closed();
}

#[test]
fn unix_sockets_score_on_io_uring() {
    scores_like_the_libraries(Listen::Unix, Sandbox::None, &[], "io_uring");
}

#[test]
fn tcp_scores_on_io_uring() {
    scores_like_the_libraries(Listen::Tcp, Sandbox::None, &[], "io_uring");
}

#[test]
fn unix_sockets_score_on_epoll_where_io_uring_is_forbidden() {
    scores_like_the_libraries(Listen::Unix, Sandbox::NoIoUring, &[], "epoll");
}

#[test]
fn tcp_scores_on_epoll_where_io_uring_is_forbidden() {
    scores_like_the_libraries(Listen::Tcp, Sandbox::NoIoUring, &[], "epoll");
}

#[test]
fn a_ring_that_cannot_be_entered_is_found_out_before_it_matters() {
    for (sandbox, refused) in [(Sandbox::NoIoUringEnter, "io_uring_enter"), (Sandbox::NoIoUring, "io_uring_setup")] {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let lines: Vec<_> = server.lines.iter().filter(|line| line.contains("refused")).collect();
        assert!(matches!(&lines[..], [line] if line.contains(refused)), "{refused} in one line: {lines:#?}");
    }
    scores_like_the_libraries(Listen::Unix, Sandbox::NoIoUringEnter, &[], "epoll");
    scores_like_the_libraries(Listen::Tcp, Sandbox::NoIoUringEnter, &[], "epoll");
}

/// A ring is locked memory, of which all processes of a user may have so much together: what is said must name that.
#[test]
fn too_little_locked_memory_is_named_with_what_to_do() {
    for bytes in [0, 128 * 1024] {
        let place = IndexFolder::new();
        let path = |n: usize| format!("unix:{}", place.path(&format!("api{n}.sock")).display());
        let servers = [1, 2].map(|n| Server::start_at(&place, &path(n), Sandbox::LockedMemory(bytes), &[]));
        for server in &servers {
            for n in 0..20 {
                assert_eq!(server.connect().ask(post(&payload(n))).body, place.expected(&payload(n)));
            }
            let says = server.lines.iter().filter(|line| line.contains("refused") && line.contains("`ulimit -l"));
            assert_eq!(says.count(), usize::from(driver_of(server) == "epoll"), "{:#?}", server.lines);
        }
        if driver_of(&servers[0]) == "io_uring" && bytes == 0 {
            eprintln!("skipped: this kernel does not count rings as locked memory");
            return;
        }
    }
    let place = IndexFolder::new();
    let asked = command(&place, "tcp:127.0.0.1:0", Sandbox::LockedMemory(0), &["--driver", "io_uring"]);
    let mut server = Server::spawn(asked);
    assert_eq!(server.wait().code(), Some(1));
    assert!(server.lines.concat().contains("`ulimit -l"), "{:#?}", server.lines);
}

#[test]
fn epoll_can_be_asked_for() {
    scores_like_the_libraries(Listen::Unix, Sandbox::None, &["--driver", "epoll"], "epoll");
}

#[test]
fn io_uring_alone_fails_where_it_is_forbidden() {
    for sandbox in [Sandbox::NoIoUring, Sandbox::NoIoUringEnter] {
        let place = IndexFolder::new();
        let mut server = Server::spawn(command(&place, "tcp:127.0.0.1:0", sandbox, &["--driver", "io_uring"]));
        assert_eq!(server.wait().code(), Some(1));
        assert!(server.lines.concat().contains("--driver epoll"), "{:#?}", server.lines);
    }
}

#[test]
fn slow_requests_byte_by_byte_are_answered_like_fast_ones() {
    for sandbox in [Sandbox::None, Sandbox::NoIoUring] {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Tcp, sandbox, &[]);
        let mut client = server.connect();
        for chunk in post(&payload(7)).as_bytes().chunks(13) {
            client.send(chunk);
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert_eq!(client.answer().body, place.expected(&payload(7)));
    }
}

#[test]
fn a_server_kept_warm_scores_the_same_and_burns_little() {
    at_once(&[Sandbox::None, Sandbox::NoIoUring], |sandbox| {
        let place = IndexFolder::new();
        let server = Server::start(&place, Listen::Unix, sandbox, &["--keep-warm"]);
        let mut client = server.connect();
        for n in 0..50 {
            assert_eq!(client.ask(post(&payload(n))).body, place.expected(&payload(n)));
        }
        let share = server.cpu_share(std::time::Duration::from_secs(2));
        assert!(share > 0.0 && share <= 0.16, "{share:.3} of a core: 0.016 is normal");
    });
}
