//! A target that stands still for a second must show, and in a closed loop it hardly does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use load_test::Report;
use rustix::process::{Signal, kill_process};
use std::time::Duration;
use support::process::{ServerProcess, serve_if_asked};
use support::{run, test};

#[test]
fn server_process() {
    serve_if_asked();
}

/// Runs `plan`; 400 ms after its start the server stands still for a second.
fn run_with_stall(server: &ServerProcess, plan: &str) -> Report {
    let pid = server.pid();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(400));
            kill_process(pid, Signal::STOP).unwrap();
            std::thread::sleep(Duration::from_secs(1));
            kill_process(pid, Signal::CONT).unwrap();
        });
        let mut test = test(plan);
        test.timeout = Duration::from_millis(2001);
        test.most_connections = 250;
        run(&test, &server.target)
    })
}

#[test]
fn a_stall_of_a_second_shows_in_the_p99_latency_of_an_open_loop() {
    let server = ServerProcess::start();
    let report = run_with_stall(&server, "steady:100,4");
    assert!(report.all_right() && report.sent == 400 && report.dropped == 0, "{report:?}");
    // A quarter of all requests left during the stall, evenly spread over it.
    assert!(report.latency_ms.p99 > 900.0, "{:?}", report.latency_ms);
    assert!((400.0..1050.0).contains(&report.latency_ms.p90), "{:?}", report.latency_ms);
    assert!(report.latency_ms.p50 < 100.0, "{:?}", report.latency_ms);
    assert!(report.connections.open > 50, "requests went on during the stall: {:?}", report.connections);
}

#[test]
fn the_same_stall_hides_from_a_closed_loop() {
    let server = ServerProcess::start();
    let report = run_with_stall(&server, "saturate:1,3");
    assert!(report.latency_ms.max > 900.0, "{:?}", report.latency_ms);
    assert!(report.latency_ms.p99 < 100.0, "{:?}", report.latency_ms);
}
