//! A target that stands still for a second must show, and in a closed loop it hardly does.

mod support;

use load_test::{Report, Target};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::{APPROVED, Reaction, run, serve, test};

const ROLE: &str = "LOAD_TEST_SERVER_PROCESS";

/// The server process; as a test of its own it does nothing.
#[test]
fn server_process() {
    if std::env::var_os(ROLE).is_some() {
        let server = serve(|_| Reaction::Body(APPROVED));
        println!("\nserving {}", server.target);
        // Long enough for the test that started it, and not for ever if that one was killed.
        std::thread::sleep(Duration::from_secs(20));
    }
}

struct ServerProcess {
    child: Child,
    target: Target,
}

impl ServerProcess {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server_process", "--nocapture"])
            .env(ROLE, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let target = lines.find_map(|line| Some(line.unwrap().strip_prefix("serving ")?.parse().unwrap()));
        Self { target: target.unwrap(), child }
    }

    /// Runs `plan`; 400 ms after its start the server stands still for a second.
    fn run_with_stall(&self, plan: &str) -> Report {
        let pid = Pid::from_child(&self.child);
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
            run(&test, &self.target)
        })
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_stall_of_a_second_shows_in_the_p99_latency_of_an_open_loop() {
    let server = ServerProcess::start();
    let report = server.run_with_stall("steady:100,4");
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
    let report = server.run_with_stall("saturate:1,3");
    assert!(report.latency_ms.max > 900.0, "{:?}", report.latency_ms);
    assert!(report.latency_ms.p99 < 100.0, "{:?}", report.latency_ms);
}
