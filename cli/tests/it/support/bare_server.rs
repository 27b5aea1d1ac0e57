//! A bare server, where it does not matter what is answered.

use super::process::send;
use super::{FRAUDRING, comes_true};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testkit::client::Client;

const PATIENCE: Duration = Duration::from_secs(60);

/// A bare server on a socket of its own; killed when dropped.
pub struct BareServer {
    child: Child,
    pub socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl BareServer {
    /// Starts one and waits until it answers.
    pub fn start(arguments: &str, change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("1.sock");
        let listen = format!("bare-server --cpu none --listen unix:{} {arguments}", socket.display());
        let mut command = Command::new(FRAUDRING);
        command.args(listen.trim_end().split(' '));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        change(&mut command);
        let server = Self { child: command.spawn().unwrap(), socket, _folder: folder };
        assert!(comes_true(PATIENCE, || is_ready(&server.socket)), "{listen} does not answer");
        server
    }

    /// Asks it to end and waits for that.
    pub fn end(mut self) {
        send(self.child.id(), Signal::TERM);
        let mut status = None;
        let ended = comes_true(PATIENCE, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended && status.unwrap().success(), "{status:?}");
        assert!(!self.socket.exists());
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        // it may have ended
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}

/// Whether a server answers that it is ready.
fn is_ready(socket: &Path) -> bool {
    let client = Client::try_connect(&format!("unix:{}", socket.display()));
    client.is_ok_and(|mut client| {
        client.ask("GET /ready HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").status == 200
    })
}
