//! A target that stands still for a second must show, and in a closed loop it hardly does.

use crate::support::process::ServerProcess;
use crate::support::{run, test};
use load_test::LoadReport;
use rustix::process::{Signal, kill_process};
use std::time::{Duration, Instant};

/// Runs `plan`; 400 ms after its start the server stands still for a second. Also tells how many milliseconds it stood
/// still at least: what is measured is compared with that, not with the second.
fn run_with_stall(server: &ServerProcess, plan: &str) -> (LoadReport, f64) {
    let pid = server.pid();
    let (report, stall_ms) = std::thread::scope(|scope| {
        let stall = scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(400));
            kill_process(pid, Signal::STOP).unwrap();
            let stopped = Instant::now();
            std::thread::sleep(Duration::from_secs(1));
            let stall = stopped.elapsed();
            kill_process(pid, Signal::CONT).unwrap();
            stall.as_secs_f64() * 1e3
        });
        let mut test = test(plan);
        test.timeout = Duration::from_secs(20);
        test.most_connections = 1_000;
        let report = run(&test, &server.target);
        (report, stall.join().unwrap())
    });
    eprintln!("{plan}: stall {stall_ms:.0} ms, latency {:?}", report.latency_ms);
    (report, stall_ms)
}

#[test]
fn a_stall_of_a_second_shows_in_the_p99_latency_of_an_open_loop() {
    let _turn = testkit::machine::alone();
    let server = ServerProcess::start();
    let (report, stall_ms) = run_with_stall(&server, "steady:100,4");
    assert!(report.all_right() && report.sent == 400 && report.dropped == 0, "{report:?}");
    // A quarter of all requests left during the stall, evenly spread over it.
    assert!(report.latency_ms.p99 > 0.9 * stall_ms, "{:?}", report.latency_ms);
    assert!(report.latency_ms.p90 > 0.4 * stall_ms, "{:?}", report.latency_ms);
    assert!(report.latency_ms.p50 < 0.5 * stall_ms, "{:?}", report.latency_ms);
    assert!(report.connections.open > 50, "requests went on during the stall: {:?}", report.connections);
}

#[test]
fn the_same_stall_hides_from_a_closed_loop() {
    let _turn = testkit::machine::alone();
    let server = ServerProcess::start();
    let (report, stall_ms) = run_with_stall(&server, "saturate:1,3");
    assert!(report.latency_ms.max > 0.9 * stall_ms, "{:?}", report.latency_ms);
    assert!(report.latency_ms.p99 < 0.1 * stall_ms, "{:?}", report.latency_ms);
}
