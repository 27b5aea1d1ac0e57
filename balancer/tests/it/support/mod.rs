//! A balancer, and servers of the test's own.

pub mod stage_server;

pub use stage_server::StageServer;

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::wait::{PATIENCE, comes_true};

/// A running balancer on a free port, killed when dropped.
pub struct Balancer {
    child: Child,
    pub address: String,
    /// Of its admin listener.
    pub admin: String,
    log: BufReader<std::process::ChildStderr>,
}

/// Paths of servers.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, server: usize) -> PathBuf {
        self.0.path().join(format!("{server}.handoff"))
    }

    pub fn folder(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

impl Balancer {
    /// Starts, and waits until it listens.
    pub fn start(place: &Place, servers: usize, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_balancer"));
        command.args(["--listen", "tcp:127.0.0.1:0", "--log", "json"]).args(options);
        for server in 0..servers {
            command.arg("--server").arg(format!("unix:{}", place.path(server).display()));
        }
        command.env_remove("RUST_LOG").stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut balancer = Self { child, address: String::new(), admin: String::new(), log };
        balancer.admin = field(&balancer.wait_for_line("\"admin listener\""), "admin");
        balancer.address = field(&balancer.wait_for_line("\"serving\""), "listen").replace("tcp:", "");
        balancer
    }

    /// And until so many servers take connections.
    pub fn start_with(place: &Place, servers: &[&StageServer], options: &[&str]) -> Self {
        let mut balancer = Self::start(place, servers.len(), options);
        for _ in servers {
            balancer.wait_for_line("takes connections");
        }
        balancer
    }

    #[track_caller]
    pub fn wait_for_line(&mut self, part: &str) -> String {
        let mut lines = String::new();
        loop {
            let before = lines.len();
            let count = self.log.read_line(&mut lines).unwrap();
            assert!(count > 0, "no {part} in the log: {lines}");
            if lines[before..].contains(part) {
                return lines[before..].to_owned();
            }
        }
    }

    pub fn connect(&self) -> Client {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(stream)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        let ends = comes_true(PATIENCE, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ends, "the balancer does not end");
        status.unwrap()
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }
}

/// Of a line of the log.
fn field(line: &str, name: &str) -> String {
    let value = line.split(&format!("\"{name}\":\"")).nth(1).expect("it has the field");
    value.split('"').next().unwrap().to_owned()
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // Ended already, or ended by this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client of lines: a request is a line, and so is an answer.
pub struct Client(TcpStream);

impl Client {
    pub fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// One line; `None` if the connection is closed instead.
    pub fn answer(&mut self) -> Option<String> {
        let mut line = String::new();
        let mut byte = [0];
        loop {
            match self.0.read(&mut byte) {
                Ok(0) => return None,
                Ok(_) if byte[0] == b'\n' => return Some(line),
                Ok(_) => line.push(byte[0] as char),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no answer: {error}"),
            }
        }
    }

    /// The name of the server that answers.
    #[track_caller]
    pub fn ask(&mut self) -> String {
        self.send("ask\n");
        self.answer().expect("the connection was closed")
    }

    /// Everything until the connection is closed.
    pub fn rest(&mut self) -> String {
        let mut text = String::new();
        self.0.read_to_string(&mut text).unwrap();
        text
    }

    #[track_caller]
    pub fn must_be_closed(&mut self) {
        assert_eq!(self.answer(), None);
    }
}

/// How long something takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (work(), begun.elapsed())
}
