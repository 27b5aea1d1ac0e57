//! The small server as a process of its own, which can be stopped and whose work is not counted.

use super::{APPROVED, Reaction, serve_in_turn};
use load_test::Target;
use rustix::process::Pid;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

const ROLE: &str = "LOAD_TEST_SERVER_PROCESS";

/// The server's process runs this test alone; any other time it does nothing.
#[test]
fn server_process() {
    if std::env::var_os(ROLE).is_some() {
        let server = serve_in_turn(|_| Reaction::Body(APPROVED));
        println!("\nserving {}", server.target);
        // Ends with the test that started it, however that one ends.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    }
}

/// Approves everything; killed when dropped.
pub struct ServerProcess {
    child: Child,
    pub target: Target,
}

impl ServerProcess {
    pub fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "support::process::server_process", "--nocapture"])
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let target = lines.find_map(|line| Some(line.unwrap().strip_prefix("serving ")?.parse().unwrap()));
        Self { target: target.unwrap(), child }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
