//! The balancer with real servers: clients go on when a server is killed, stands still, or is started anew.

use crate::support::FRAUDRING;
use crate::support::process::send;
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::client::Client;

/// A program with a log; killed when dropped.
struct Part {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Part {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(FRAUDRING);
        command.args(arguments).args(["--log", "json"]).env_remove("RUST_LOG");
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    #[track_caller]
    fn wait_for_line(&mut self, part: &str) -> String {
        let mut line = String::new();
        while !line.contains(part) {
            line.clear();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "no {part} in the log");
        }
        line
    }

    fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Ended already, or ended by this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two bare servers and a balancer in front of them.
struct Stack {
    folder: TempDir,
    driver: &'static str,
    servers: Vec<Part>,
    balancer: Part,
    address: String,
}

impl Stack {
    fn start(driver: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: String| format!("unix:{}", folder.path().join(name).display());
        let mut arguments = vec!["balancer".to_owned(), "--listen".to_owned(), "tcp:127.0.0.1:0".to_owned()];
        for number in 0..2 {
            arguments.extend(["--server".to_owned(), path(format!("{number}.handoff"))]);
        }
        let mut balancer = Part::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let line = balancer.wait_for_line("\"serving\"");
        let address = line.split("\"listen\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let mut stack = Self { folder, driver, servers: Vec::new(), balancer, address };
        for number in 0..2 {
            let server = stack.server(number);
            stack.servers.push(server);
            stack.balancer.wait_for_line("takes connections");
        }
        stack
    }

    fn server(&self, number: usize) -> Part {
        let path = |name: &str| format!("unix:{}", PathBuf::from(self.folder.path()).join(name).display());
        let (listen, handoff) = (path(&format!("{number}.sock")), path(&format!("{number}.handoff")));
        let options = ["--listen", &listen, "--accept-from", &handoff, "--driver", self.driver, "--cpu", "none"];
        Part::start(&[&["bare-server"], &options[..]].concat())
    }

    fn restart(&mut self, number: usize) {
        self.servers[number] = self.server(number);
        self.balancer.wait_for_line("takes connections");
    }
}

/// What clients got.
#[derive(Debug)]
struct Outcome {
    answered: u64,
    /// Connections that were closed with a request under way.
    lost: u64,
    slowest: Duration,
}

const REQUEST: &str = "POST /fraud-score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";

/// Clients that ask one request after the other, or three at once, while something happens.
fn under_load(address: &str, pause: Duration, happens: impl FnOnce()) -> Outcome {
    const CLIENTS: u64 = 8;
    let (goes_on, answered, lost) = (AtomicBool::new(true), AtomicU64::new(0), AtomicU64::new(0));
    let slowest = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (goes_on, answered, lost, slowest) = (&goes_on, &answered, &lost, &slowest);
            scope.spawn(move || {
                let mut client = Client::connect(address);
                // every fourth pipelines, every other one sends in two pieces
                let at_once = if number % 4 == 3 { 3 } else { 1 };
                while goes_on.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    let requests = REQUEST.repeat(at_once);
                    let (first, second) = requests.split_at(if number % 2 == 0 { 40 } else { requests.len() });
                    let is_sent = client.try_send(first).is_ok() && client.try_send(second).is_ok();
                    let all = is_sent
                        && (0..at_once).all(|_| client.next_answer(false).is_some_and(|answer| answer.status == 200));
                    if all {
                        answered.fetch_add(at_once as u64, Ordering::Relaxed);
                    } else {
                        lost.fetch_add(1, Ordering::Relaxed);
                        client = Client::connect(address);
                    }
                    slowest.fetch_max(begun.elapsed().as_micros() as u64, Ordering::Relaxed);
                    std::thread::sleep(pause);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(100));
        happens();
        std::thread::sleep(Duration::from_millis(400));
        goes_on.store(false, Ordering::Relaxed);
    });
    let outcome = Outcome {
        answered: answered.into_inner(),
        lost: lost.into_inner(),
        slowest: Duration::from_micros(slowest.into_inner()),
    };
    eprintln!("{outcome:?}");
    outcome
}

/// Nobody hangs, and no more is lost than what the lost server can have had in its hands.
#[track_caller]
fn is_borne(outcome: &Outcome) {
    assert!(outcome.answered > 100, "{outcome:?}");
    assert!(outcome.lost <= 4, "each client of the lost server once at most: {outcome:?}");
    assert!(outcome.slowest < Duration::from_secs(3), "{outcome:?}");
}

fn servers_come_and_go(driver: &'static str) {
    let mut stack = Stack::start(driver);
    let address = stack.address.clone();
    // at a moderate rate, and as fast as it goes
    for pause in [Duration::from_millis(8), Duration::ZERO] {
        is_borne(&under_load(&address, pause, || {
            stack.servers[0].kill();
            stack.balancer.wait_for_line("a server has ended");
            stack.restart(0);
        }));
        is_borne(&under_load(&address, pause, || {
            stack.servers[1].signal(Signal::STOP);
            stack.balancer.wait_for_line("no sign of life");
            std::thread::sleep(Duration::from_millis(200));
            stack.servers[1].signal(Signal::CONT);
            stack.balancer.wait_for_line("takes connections");
        }));
        let stopped = under_load(&address, pause, || {
            stack.servers[0].signal(Signal::TERM);
            stack.balancer.wait_for_line("a server has ended");
            stack.restart(0);
        });
        is_borne(&stopped);
    }
}

#[test]
fn servers_come_and_go_and_clients_go_on_with_io_uring() {
    servers_come_and_go("auto");
}

#[test]
fn servers_come_and_go_and_clients_go_on_with_epoll() {
    servers_come_and_go("epoll");
}
