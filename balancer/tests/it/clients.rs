//! What clients get: a server each, patience, an end.

use crate::support::{Balancer, Place, StageServer, timed};
use std::time::Duration;

fn two(place: &Place) -> [StageServer; 2] {
    [0, 1].map(|number| StageServer::start(&number.to_string(), &place.path(number)))
}

#[test]
fn connections_are_spread_by_turns() {
    let place = Place::new();
    let servers = two(&place);
    let balancer = Balancer::start_with(&place, &servers.each_ref(), &[]);
    let mut clients: Vec<_> = (0..20).map(|_| balancer.connect()).collect();
    let answers: Vec<_> = clients.iter_mut().map(|client| client.ask()).collect();
    assert_eq!(answers.iter().filter(|answer| *answer == "0").count(), 10);
    // a connection stays with its server
    assert!(clients.iter_mut().zip(&answers).all(|(client, before)| client.ask() == *before));
    servers[0].must_have(10);
    clients.clear();
    servers.iter().for_each(|server| server.must_have(0));
}

#[test]
fn the_least_busy_server_comes_first() {
    let place = Place::new();
    let servers = two(&place);
    // so many it has of others
    servers[0].report_further_open(10);
    let balancer = Balancer::start_with(&place, &servers.each_ref(), &["--choice", "fewest"]);
    let mut clients: Vec<_> = (0..14).map(|_| balancer.connect()).collect();
    let answers: Vec<_> = clients.iter_mut().map(|client| client.ask()).collect();
    assert!(answers[..10].iter().all(|answer| answer == "1"), "{answers:?}");
    assert!(answers[10..].iter().any(|answer| answer == "0"), "{answers:?}");
}

#[test]
fn a_client_waits_for_a_server_but_not_for_ever() {
    let place = Place::new();
    let mut balancer = Balancer::start(&place, 1, &["--wait-timeout-ms", "600"]);
    let (_, waited) = timed(|| balancer.connect().must_be_closed());
    assert!((550..5_000).contains(&waited.as_millis()), "{waited:?}");
    let mut client = balancer.connect();
    client.send("ask\n");
    let _server = StageServer::start("late", &place.path(0));
    assert_eq!(client.answer().as_deref(), Some("late"));
    balancer.wait_for_line("takes connections");
    assert_eq!(balancer.connect().ask(), "late");
}

#[test]
fn nothing_is_said_to_a_client_unless_it_was_asked_for() {
    let place = Place::new();
    for (options, said) in [(&[][..], false), (&["--answer-503"], true)] {
        let balancer = Balancer::start(&place, 1, &[&["--wait-timeout-ms", "0"], options].concat());
        let mut client = balancer.connect();
        client.send("POST / HTTP/1.1\r\n\r\n");
        let text = client.rest();
        assert_eq!(text.starts_with("HTTP/1.1 503 "), said, "{text}");
        assert_eq!(text.is_empty(), !said, "{text}");
    }
}

#[test]
fn at_the_limit_an_idle_connection_makes_room_and_a_busy_one_stays() {
    let place = Place::new();
    let server = StageServer::start("0", &place.path(0));
    let balancer = Balancer::start_with(&place, &[&server], &["--max-connections", "4"]);
    let mut clients: Vec<_> = (0..4).map(|_| balancer.connect()).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.ask(), "0"));
    clients[0].send("half");
    server.must_have_taken(1);
    let mut further: Vec<_> = (0..3).map(|_| balancer.connect()).collect();
    further.iter_mut().for_each(|client| assert_eq!(client.ask(), "0"));
    clients[1..].iter_mut().for_each(|client| client.must_be_closed());
    clients[0].send(" and half\n");
    assert_eq!(clients[0].answer().as_deref(), Some("0"));
    server.must_have(4);
}

#[test]
fn where_nobody_can_leave_the_next_one_waits() {
    let place = Place::new();
    let server = StageServer::start("0", &place.path(0));
    let balancer = Balancer::start_with(&place, &[&server], &["--max-connections", "1"]);
    let mut busy = balancer.connect();
    busy.send("half");
    server.must_have_taken(1);
    let mut next = balancer.connect();
    next.send("ask\n");
    std::thread::sleep(Duration::from_millis(150));
    busy.send("\n");
    assert_eq!(busy.answer().as_deref(), Some("0"));
    assert_eq!(next.answer().as_deref(), Some("0"));
    busy.must_be_closed();
}
