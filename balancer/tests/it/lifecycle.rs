//! Start and end of the balancer itself.

use crate::support::{Balancer, Place, StageServer};
use rustix::process::Signal;
use std::net::TcpStream;
use std::process::Command;
use testkit::wait::{PATIENCE, comes_true};

#[test]
fn connections_outlive_a_balancer_that_stops_or_is_killed() {
    for signal in [Signal::TERM, Signal::INT, Signal::KILL] {
        let place = Place::new();
        let server = StageServer::start("0", &place.path(0));
        let mut balancer = Balancer::start_with(&place, &[&server], &[]);
        let mut client = balancer.connect();
        assert_eq!(client.ask(), "0");
        balancer.signal(signal);
        assert_eq!(balancer.wait().success(), signal != Signal::KILL);
        assert!(TcpStream::connect(&balancer.address).is_err());
        assert_eq!(client.ask(), "0");
        drop(client);
        server.must_have(0);
        // its successor takes its place, and the server knows it
        let next = Balancer::start_with(&place, &[&server], &[]);
        assert_eq!(next.connect().ask(), "0");
    }
}

#[test]
fn clients_that_wait_are_served_before_a_balancer_stops() {
    let place = Place::new();
    let mut balancer = Balancer::start(&place, 1, &["--wait-timeout-ms", "20000"]);
    let mut clients: Vec<_> = (0..5).map(|_| balancer.connect()).collect();
    clients.iter_mut().for_each(|client| client.send("ask\n"));
    balancer.signal(Signal::TERM);
    balancer.wait_for_line("stopping");
    assert!(comes_true(PATIENCE, || TcpStream::connect(&balancer.address).is_err()));
    let _server = StageServer::start("0", &place.path(0));
    clients.iter_mut().for_each(|client| assert_eq!(client.answer().as_deref(), Some("0")));
    assert_eq!(balancer.wait().code(), Some(0));
}

#[test]
fn a_second_signal_ends_the_wait() {
    let place = Place::new();
    let mut balancer = Balancer::start(&place, 1, &["--wait-timeout-ms", "3600000"]);
    let mut client = balancer.connect();
    client.send("ask\n");
    balancer.signal(Signal::TERM);
    balancer.wait_for_line("stopping");
    balancer.signal(Signal::TERM);
    assert_eq!(balancer.wait().code(), Some(0));
    client.must_be_closed();
}

#[test]
fn bad_options_are_refused_with_what_to_type() {
    let refused = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_balancer")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["--listen", "tcp:127.0.0.1:0"]).contains("--server <unix:PATH>"));
    assert!(refused(&["--listen", "tcp:127.0.0.1:0", "--server", "tcp:127.0.0.1:1"]).contains("unix:PATH"));
    let short = ["--listen", "tcp:127.0.0.1:0", "--server", "unix:/x", "--server-timeout-ms", "299"];
    assert!(refused(&short).contains("300"));
    let paths: Vec<String> = (0..17).map(|number| format!("--server=unix:/{number}")).collect();
    let many: Vec<&str> = ["--listen", "tcp:127.0.0.1:0"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    assert!(refused(&many).contains("16"));
    let place = Place::new();
    let balancer = Balancer::start(&place, 1, &[]);
    let address = format!("tcp:{}", balancer.address);
    assert!(refused(&["--listen", &address, "--server", "unix:/x"]).contains("in use"));
}

#[test]
fn memory_stays_small_with_many_connections() {
    // each takes two descriptors of this process
    const CLIENTS: usize = 400;
    let place = Place::new();
    let server = StageServer::start("0", &place.path(0));
    let balancer = Balancer::start_with(&place, &[&server], &[]);
    let clients: Vec<_> = (0..CLIENTS).map(|_| balancer.connect()).collect();
    server.must_have(CLIENTS);
    let kilobytes = testkit::procfs::figure(balancer.process_id(), "RssAnon");
    eprintln!("{kilobytes} KB with {CLIENTS} connections");
    assert!(kilobytes < 3_000, "{kilobytes} KB");
    drop(clients);
}
