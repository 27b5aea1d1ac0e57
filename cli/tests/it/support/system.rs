//! `fraudring up` as a test runs it: on a free port, with a folder of its own in shared memory.

use super::{FRAUDRING, comes_true, data_folder, http, process};
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use testkit::machine;

/// Building the official index included.
const START_LIMIT: Duration = Duration::from_secs(300);

/// Everything must have ended this long after it was told to.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running system.
pub struct System {
    up: Child,
    pub address: SocketAddr,
    /// Name and process id of each process that `up` reported.
    pub parts: Vec<(String, u32)>,
    pub greeting: String,
    folders: Folders,
    /// Each needs both cores to be quick.
    _turn: machine::Turn,
}

/// What to put in front, and what to refuse.
#[derive(Clone, Copy)]
pub struct Setting {
    /// As `--front` names it.
    pub front: &'static str,
    pub io_uring: bool,
}

/// The servers share the port.
pub const SHARED_PORT: Setting = Setting { front: "shared-port", io_uring: true };
/// The balancer hands connections to the servers.
pub const BALANCER: Setting = Setting { front: "balancer", io_uring: true };
/// haproxy stands in front.
pub const HAPROXY: Setting = Setting { front: "haproxy", io_uring: true };

/// Folders of one `up`; removed when dropped.
pub struct Folders {
    pub shm: PathBuf,
    scratch: tempfile::TempDir,
}

impl Folders {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let shm = PathBuf::from(format!("/dev/shm/fraudring-test-{}-{number}", std::process::id()));
        Self { shm, scratch: tempfile::tempdir().unwrap() }
    }

    /// `up` with these folders.
    pub fn command(&self) -> Command {
        self.prepared(Command::new(FRAUDRING))
    }

    /// `command` of a process that may open only so many files.
    pub fn command_within(&self, descriptors: u32) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!(r#"ulimit -n {descriptors}; exec "$@""#), "sh", FRAUDRING]);
        self.prepared(command)
    }

    fn prepared(&self, mut command: Command) -> Command {
        command.arg("up").stdin(Stdio::null()).stdout(Stdio::piped());
        command.env("FRAUDRING_SHM_DIR", &self.shm).env("FRAUDRING_DATA", data_folder());
        command.env("TMPDIR", self.scratch.path());
        command.stderr(std::fs::File::create(self.log_path()).unwrap());
        command
    }

    /// What went to stderr so far, of `up` and everything it started.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap()
    }

    /// Sockets and configuration of a running system lie here, nothing after its end.
    pub fn runtime_entries(&self) -> usize {
        std::fs::read_dir(self.scratch.path()).unwrap().count() - 1
    }

    /// Where its sockets lie.
    pub fn temporary(&self) -> &Path {
        self.scratch.path()
    }

    /// Segments, finished or not, each by one of its names.
    pub fn segments(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.shm) else { return Vec::new() };
        let mut seen = Vec::new();
        let entries = entries.map(|entry| entry.unwrap());
        let segments = entries.filter(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let is_segment = !name.starts_with('.') || name.starts_with(".loading-");
            // the published one is there by its number as well
            let inode = entry.metadata().unwrap().ino();
            let is_new = is_segment && !seen.contains(&inode);
            seen.push(inode);
            is_new
        });
        segments.map(|entry| entry.path()).collect()
    }

    fn log_path(&self) -> PathBuf {
        self.scratch.path().join("log")
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        // there may be none
        std::fs::remove_dir_all(&self.shm).unwrap_or_default();
    }
}

impl System {
    /// Starts a system on a free port and waits until it says that it runs.
    pub fn start(setting: Setting) -> Self {
        Self::start_with(setting, |_| {})
    }

    /// `start` with changes to the command.
    pub fn start_with(setting: Setting, change: impl FnOnce(&mut Command)) -> Self {
        Self::start_automatic(|command| {
            command.args(["--front", setting.front]);
            if !setting.io_uring {
                testkit::sandbox::Sandbox::NoIoUring.confine(command);
            }
            change(command);
        })
    }

    /// `start_with` that leaves to `up` whether there is a haproxy.
    pub fn start_automatic(change: impl FnOnce(&mut Command)) -> Self {
        let turn = machine::alone();
        let folders = Folders::new();
        let mut command = folders.command();
        command.args(["--port", "0"]);
        change(&mut command);
        Self::greeted(command.spawn().unwrap(), folders, turn)
    }

    /// A system behind haproxy whose processes may open only so many files.
    pub fn start_within(descriptors: u32) -> Self {
        let turn = machine::alone();
        let folders = Folders::new();
        let mut command = folders.command_within(descriptors);
        command.args(["--port", "0", "--haproxy"]);
        Self::greeted(command.spawn().unwrap(), folders, turn)
    }

    fn greeted(mut up: Child, folders: Folders, turn: machine::Turn) -> Self {
        let mut greeting = String::new();
        let mut lines = BufReader::new(up.stdout.take().unwrap()).lines();
        loop {
            let Some(line) = lines.next() else {
                let status = up.wait().unwrap();
                panic!("`up` ended without a greeting ({status}):\n{}", folders.log());
            };
            let line = line.unwrap();
            greeting.push_str(&line);
            greeting.push('\n');
            if line.starts_with("Ctrl-C") {
                break;
            }
        }
        Self::of_greeting(up, greeting, folders, turn)
    }

    fn of_greeting(up: Child, greeting: String, folders: Folders, turn: machine::Turn) -> Self {
        let address = after(&greeting, "http://").parse().unwrap();
        let parts = greeting.lines().filter_map(part).collect();
        Self { up, address, parts, greeting, folders, _turn: turn }
    }

    /// Starts a system whose greeting cannot go to stdout.
    pub fn greeted_in_log(mut command: Command, folders: Folders, turn: machine::Turn) -> Self {
        let mut up = command.spawn().unwrap();
        let is_greeted = comes_true(START_LIMIT, || {
            folders.log().contains("Ctrl-C stops everything") || up.try_wait().unwrap().is_some()
        });
        if !is_greeted || up.try_wait().unwrap().is_some() {
            up.kill().unwrap_or_default();
            panic!("`up` does not run ({}):\n{}", up.wait().unwrap(), folders.log());
        }
        let greeting = folders.log();
        Self::of_greeting(up, greeting, folders, turn)
    }

    /// Starts a system that can say nothing and waits until it answers at `address`.
    pub fn silent(mut command: Command, address: SocketAddr, folders: Folders, turn: machine::Turn) -> Self {
        let up = command.spawn().unwrap();
        let mut system = Self { up, address, parts: Vec::new(), greeting: String::new(), folders, _turn: turn };
        let answers = comes_true(START_LIMIT, || {
            system.up.try_wait().unwrap().is_some()
                || std::net::TcpStream::connect(address).is_ok() && http::get(address, "/ready").0 == 200
        });
        assert!(answers && system.up.try_wait().unwrap().is_none(), "`up` does not run");
        system
    }

    pub fn up_pid(&self) -> u32 {
        self.up.id()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn shm(&self) -> &Path {
        &self.folders.shm
    }

    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Process ids of the servers.
    pub fn servers(&self) -> Vec<u32> {
        self.parts.iter().filter(|(name, _)| name.starts_with("server")).map(|&(_, pid)| pid).collect()
    }

    /// Sends a signal to `up` and waits for everything to end.
    pub fn end(&mut self, signal: Signal) -> ExitStatus {
        process::send(self.up.id(), signal);
        self.wait()
    }

    /// Waits for `up` and all its processes to end.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        let ended = comes_true(STOP_LIMIT, || {
            status = self.up.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended, "`up` still runs:\n{}", self.folders.log());
        for (name, pid) in &self.parts {
            assert!(comes_true(STOP_LIMIT, || !process::lives(*pid)), "{name} (pid {pid}) outlived `up`");
        }
        status.unwrap()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // after a failed assertion it may still run; its children die with it
        self.up.kill().unwrap_or_default();
        self.up.wait().unwrap();
    }
}

/// The word after `marker`.
fn after<'a>(text: &'a str, marker: &str) -> &'a str {
    text.split_once(marker).unwrap().1.split_whitespace().next().unwrap()
}

/// `  server 1/2  pid 77` -> (`server 1/2`, 77)
fn part(line: &str) -> Option<(String, u32)> {
    let (name, pid) = line.split_once(" pid ")?;
    Some((name.trim().to_owned(), pid.trim().parse().ok()?))
}

/// Ctrl-C, as a terminal sends it.
pub fn check_clean_end(system: &mut System) {
    let status = system.end(Signal::INT);
    let log = system.folders().log();
    assert!(status.success(), "{status}: {log}");
    assert!(!log.contains("Proxy "), "haproxy talks about an end that was asked for: {log}");
    check_nothing_is_left(system);
    assert!(TcpListener::bind(system.address).is_ok(), "the port is still taken");
}

pub fn check_nothing_is_left(system: &System) {
    assert!(system.parts.iter().all(|&(_, pid)| !process::lives(pid)));
    assert_eq!(system.folders().segments(), Vec::<PathBuf>::new());
    assert_eq!(system.folders().runtime_entries(), 0);
}
