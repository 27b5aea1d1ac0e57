//! Servers that end, stand still, wake up, stop, refuse and come back, and what their clients notice of it.

use crate::support::{Balancer, Client, Place, StageServer, timed};
use handoff::Standing;
use rustix::process::Signal;
use std::time::Duration;
use testkit::wait::{PATIENCE, comes_true};

/// Two servers, and clients of each, all of which have had an answer.
struct Stage {
    place: Place,
    servers: Vec<StageServer>,
    balancer: Balancer,
    /// Those of the first server, and those of the second.
    clients: [Vec<Client>; 2],
}

impl Stage {
    fn with(clients: usize) -> Self {
        let place = Place::new();
        let servers: Vec<_> =
            (0..2).map(|number| StageServer::start(&number.to_string(), &place.path(number))).collect();
        let balancer = Balancer::start_with(&place, &servers.iter().collect::<Vec<_>>(), &[]);
        let mut all = [Vec::new(), Vec::new()];
        for _ in 0..2 * clients {
            let mut client = balancer.connect();
            let server: usize = client.ask().parse().unwrap();
            all[server].push(client);
        }
        assert_eq!([all[0].len(), all[1].len()], [clients, clients]);
        Self { place, servers, balancer, clients: all }
    }
}

#[test]
fn idle_connections_of_a_server_that_has_ended_go_on_with_the_other() {
    let mut stage = Stage::with(8);
    drop(stage.servers.remove(0));
    for client in &mut stage.clients[0] {
        let (answer, waited) = timed(|| client.ask());
        assert_eq!(answer, "1");
        assert!(waited < Duration::from_secs(2), "{waited:?}");
    }
    stage.balancer.wait_for_line("\"passed_on\":8,\"lost\":0");
}

#[test]
fn a_request_that_was_taken_is_closed_at_once_and_others_of_the_same_server_are_not() {
    let mut stage = Stage::with(4);
    stage.servers[0].keep_silent();
    stage.clients[0][0].send("half");
    stage.clients[0][1].send("whole\n");
    stage.servers[0].must_have_taken(2);
    drop(stage.servers.remove(0));
    stage.clients[0][0].must_be_closed();
    stage.clients[0][1].must_be_closed();
    assert_eq!([stage.clients[0][2].ask(), stage.clients[0][3].ask()], ["1", "1"]);
    stage.balancer.wait_for_line("\"passed_on\":2,\"lost\":2");
}

#[test]
fn a_server_that_stands_still_is_relieved_and_does_no_harm_when_it_wakes_up() {
    let mut stage = Stage::with(6);
    stage.clients[0][0].send("half");
    stage.servers[0].must_have_taken(1);
    stage.servers[0].stand_still(true);
    // pipelined, and sent before anybody knows
    stage.clients[0][1].send("one\ntwo\nthree\n");
    let (answers, waited) = timed(|| (0..3).map(|_| stage.clients[0][1].answer().unwrap()).collect::<Vec<_>>());
    assert_eq!(answers, ["1", "1", "1"]);
    assert!(waited < Duration::from_secs(2), "{waited:?}");
    stage.clients[0][0].must_be_closed();
    // nobody new comes to it
    for _ in 0..6 {
        assert_eq!(stage.balancer.connect().ask(), "1");
    }
    stage.clients[0][2].send("asked of the other\n");
    assert_eq!(stage.clients[0][2].answer().as_deref(), Some("1"));
    stage.servers[0].stand_still(false);
    stage.balancer.wait_for_line("takes connections");
    for client in &mut stage.clients[0][1..] {
        client.ask();
    }
    assert_eq!(stage.servers[0].revoked(), 6, "it found them revoked and left them alone");
}

#[test]
fn a_server_that_stands_still_alone_keeps_its_clients() {
    let place = Place::new();
    let server = StageServer::start("0", &place.path(0));
    let mut balancer = Balancer::start_with(&place, &[&server], &["--wait-timeout-ms", "5000"]);
    let (mut idle, mut next) = (balancer.connect(), balancer.connect());
    assert_eq!([idle.ask(), next.ask()], ["0", "0"]);
    server.stand_still(true);
    balancer.wait_for_line("no sign of life");
    idle.send("ask\n");
    let mut new = balancer.connect();
    new.send("ask\n");
    server.stand_still(false);
    assert_eq!([idle.answer(), new.answer()].map(Option::unwrap), ["0", "0"]);
    assert_eq!((next.ask().as_str(), server.revoked()), ("0", 0));
}

#[test]
fn a_server_that_stops_hands_its_idle_connections_on() {
    let mut stage = Stage::with(4);
    stage.clients[0][0].send("half");
    stage.servers[0].must_have_taken(1);
    stage.servers[0].stand(Standing::Draining);
    stage.balancer.wait_for_line("a server stops");
    for client in &mut stage.clients[0][1..] {
        assert_eq!(client.ask(), "1");
    }
    stage.clients[0][0].send("\n");
    assert_eq!(stage.clients[0][0].answer().as_deref(), Some("0"), "it finishes what it has begun");
    // and is passed on after that
    stage.servers[0].must_have(0);
    assert_eq!(stage.clients[0][0].ask(), "1");
}

#[test]
fn a_server_that_is_not_ready_gets_nothing() {
    let place = Place::new();
    let servers = [0, 1].map(|number| StageServer::start(&number.to_string(), &place.path(number)));
    servers[0].stand(Standing::Starting);
    let mut balancer = Balancer::start(&place, 2, &[]);
    balancer.wait_for_line("takes connections");
    (0..4).for_each(|_| assert_eq!(balancer.connect().ask(), "1"));
    servers[0].stand(Standing::Ready);
    balancer.wait_for_line("takes connections");
    let answers: Vec<_> = (0..4).map(|_| balancer.connect().ask()).collect();
    assert!(answers.contains(&"0".to_owned()), "{answers:?}");
}

#[test]
fn a_server_that_takes_nothing_is_passed_over() {
    let mut stage = Stage::with(1);
    stage.servers[0].refuse();
    for _ in 0..8 {
        let (answer, waited) = timed(|| stage.balancer.connect().ask());
        assert_eq!(answer, "1");
        assert!(waited < Duration::from_secs(2), "{waited:?}");
    }
    assert_eq!(stage.clients[0][0].ask(), "0", "what it has taken it keeps");
}

#[test]
fn a_server_that_comes_back_gets_its_share() {
    let mut stage = Stage::with(20);
    drop(stage.servers.remove(0));
    stage.balancer.wait_for_line("a server has ended");
    stage.servers[0].must_have(40);
    let back = StageServer::start("back", &stage.place.path(0));
    stage.balancer.wait_for_line("takes connections");
    back.must_have(20);
    stage.servers[0].must_have(20);
    let mut answers: Vec<_> = stage.clients.iter_mut().flatten().map(|client| client.ask()).collect();
    answers.sort();
    assert_eq!(answers.iter().filter(|answer| *answer == "back").count(), 20);
}

#[test]
fn the_list_of_servers_can_change() {
    let place = Place::new();
    let first = StageServer::start("0", &place.path(0));
    let mut balancer = Balancer::start(&place, 0, &["--servers-dir", place.folder()]);
    balancer.wait_for_line("takes connections");
    let (mut idle, mut busy) = (balancer.connect(), balancer.connect());
    assert_eq!([idle.ask(), busy.ask()], ["0", "0"]);
    busy.send("half");
    first.must_have_taken(1);
    // another one comes, and the first is not listed any more
    let second = StageServer::start("1", &place.path(1));
    std::fs::remove_file(place.path(0)).unwrap();
    balancer.signal(Signal::HUP);
    balancer.wait_for_line("SIGHUP");
    balancer.wait_for_line("takes connections");
    second.must_have(1);
    assert_eq!([idle.ask(), balancer.connect().ask()], ["1", "1"]);
    busy.send(" and half\n");
    assert_eq!(busy.answer().as_deref(), Some("0"), "what it has read it finishes");
    first.must_have(0);
    assert_eq!(busy.ask(), "1");
    balancer.wait_for_line("is not listed any more");
}

#[test]
fn what_happens_can_be_counted() {
    let mut stage = Stage::with(3);
    let mut admin = testkit::client::Client::connect(&stage.balancer.admin);
    let mut get = |path: &str| admin.ask(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_eq!([get("/healthz").status, get("/ready").status, get("/").status], [200, 200, 404]);
    stage.servers[0].keep_silent();
    stage.clients[0][0].send("half");
    stage.servers[0].must_have_taken(1);
    drop(stage.servers.remove(0));
    stage.balancer.wait_for_line("a server has ended");
    stage.servers[0].must_have(5);
    let counted = |text: &str, line: &str| text.lines().any(|known| known == line);
    let path = |server| stage.place.path(server).display().to_string();
    let told = comes_true(PATIENCE, || counted(&get("/metrics").body, "fraudring_balancer_connections_open 5"));
    let text = get("/metrics").body;
    assert!(told, "{text}");
    for line in [
        "fraudring_balancer_accepted_total 6".to_owned(),
        "fraudring_balancer_passed_on_total 2".to_owned(),
        "fraudring_balancer_lost_total 1".to_owned(),
        "fraudring_balancer_unserved_total 0".to_owned(),
        "fraudring_balancer_evicted_total 0".to_owned(),
        "fraudring_balancer_waiting 0".to_owned(),
        format!("fraudring_balancer_server_ready{{server=\"unix:{}\"}} 0", path(0)),
        format!("fraudring_balancer_server_ready{{server=\"unix:{}\"}} 1", path(1)),
        format!("fraudring_balancer_server_connections{{server=\"unix:{}\"}} 5", path(1)),
    ] {
        assert!(counted(&text, &line), "{line}: {text}");
    }
    // each that is documented is there
    let page = include_str!("../../../docs/BALANCER.md");
    let documented: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("| `fraudring_balancer_")).collect();
    assert_eq!(documented.len(), 9);
    for name in documented {
        let name = name.split(['`', '{']).next().unwrap();
        assert!(text.contains(&format!("fraudring_balancer_{name}")), "{name}: {text}");
    }
}
