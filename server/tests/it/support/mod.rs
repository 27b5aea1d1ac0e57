//! Real servers for tests: an index of their own, a process of their own, raw bytes over real sockets.

pub mod browser;
pub mod corpus;
pub mod giver;
pub mod haproxy;
pub mod own_rows;
pub mod traffic;

pub use testkit::client::Client;
pub use testkit::requirement::is_missing;
pub use testkit::sandbox::Sandbox;
pub use testkit::wait::{PATIENCE, comes_true};

use index::Index;
use schema::{Parser, Rules};
use space::{DIMENSIONS, Label, Point};
use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::{machine, procfs};

/// A folder in shared memory with an index of a few hundred random references.
pub struct IndexFolder {
    folder: TempDir,
    image: Vec<u8>,
}

impl IndexFolder {
    pub fn new() -> Self {
        Self::published(random_index(400))
    }

    /// With another index than all others.
    pub fn with_another_index() -> Self {
        Self::published(random_index(300))
    }

    fn published(image: Vec<u8>) -> Self {
        let place = Self { image, ..Self::empty() };
        place.publish();
        place
    }

    /// Nothing is published yet.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("fraudring-server-test-").tempdir_in("/dev/shm").unwrap();
        Self { folder, image: random_index(400) }
    }

    pub fn publish(&self) {
        self.publish_image(&self.image);
    }

    /// Publishes another index, as the loader does.
    pub fn publish_image(&self, image: &[u8]) {
        let file = self.path("references.index");
        std::fs::write(&file, image).unwrap();
        // servers may still be leaving the generation before
        let options = shm_loader::Options { wait: Duration::from_secs(30), ..Default::default() };
        shm_loader::load_with(&shm_loader::IndexFile::at(&file), &self.index_dir(), &options, &|_, _, _| {}).unwrap();
    }

    /// Puts bytes under the published name as a loader does, by a rename, but without its checks.
    pub fn publish_unchecked(&self, bytes: &[u8]) {
        std::fs::create_dir_all(self.index_dir()).unwrap();
        let aside = self.index_dir().join("aside");
        std::fs::write(&aside, bytes).unwrap();
        std::fs::rename(aside, self.index_dir().join(shm_loader::PUBLISHED)).unwrap();
    }

    /// Lets servers of other users reach the index.
    pub fn let_everybody_read(&self) {
        for folder in [self.folder.path(), &self.index_dir()] {
            std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        }
    }

    pub fn index_dir(&self) -> PathBuf {
        self.path("segments")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The body that the answer to `payload` must have, by the libraries alone.
    pub fn expected(&self, payload: &str) -> String {
        let index = Index::open(&self.image).unwrap();
        let mut parser = Parser::new(1024);
        let query = Rules::default().vectorize(&parser.parse(payload.as_bytes()).unwrap());
        score(index.classify(&query))
    }
}

/// An index of random references.
pub fn random_index(references: usize) -> Vec<u8> {
    let (vectors, labels) = random_references(references, 42);
    scoring::build(&vectors, &labels, &Rules::default(), &|_, _, _| {}).unwrap()
}

/// References that have nothing to do with each other.
pub fn random_references(references: usize, seed: u64) -> (Vec<Point>, Vec<Label>) {
    let mut random = testkit::random::Random(seed);
    let vectors: Vec<Point> = (0..references)
        .map(|_| Point::new(std::array::from_fn::<i16, DIMENSIONS, _>(|_| random.between(0, 10_000))).unwrap())
        .collect();
    let labels: Vec<Label> =
        (0..references).map(|_| if random.below(2) == 0 { Label::Legit } else { Label::Fraud }).collect();
    (vectors, labels)
}

/// The body of the answer if so many of five are frauds.
pub fn score(frauds: u8) -> String {
    format!(r#"{{"approved":{},"fraud_score":{:.1}}}"#, frauds < 3, f64::from(frauds) / 5.0)
}

/// The n-th of many payloads with different answers.
pub fn payload(n: u32) -> String {
    format!(
        r#"{{"id":"tx-{n}","transaction":{{"amount":{amount}.5,"installments":{installments},"requested_at":"2026-03-{day:02}T{hour:02}:23:35Z"}},"customer":{{"avg_amount":769.76,"tx_count_24h":{count},"known_merchants":["MERC-009","MERC-001"]}},"merchant":{{"id":"MERC-001","mcc":"5912","avg_amount":298.95}},"terminal":{{"is_online":{online},"card_present":true,"km_from_home":{km}.7}},"last_transaction":{{"timestamp":"2026-03-01T14:58:35Z","km_from_current":18.8626479774}}}}"#,
        amount = n * 977 % 10_000,
        installments = n % 12,
        day = 2 + n % 27,
        hour = n % 24,
        count = n * 7 % 20,
        online = n.is_multiple_of(3),
        km = n * 131 % 1000,
    )
}

/// A request with a body.
pub fn post(body: &str) -> String {
    post_with("", body)
}

pub fn post_with(fields: &str, body: &str) -> String {
    format!("POST /fraud-score HTTP/1.1\r\nHost: test\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len())
}

pub const READY: &str = "GET /ready HTTP/1.1\r\nHost: test\r\n\r\n";

/// A test with thousands of clients needs as many descriptors.
pub fn raise_own_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

/// Where a test server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    Unix,
    Tcp,
}

/// Runs a test in each sandbox, all at the same time: most of it is waiting for a server.
pub fn at_once(sandboxes: &[Sandbox], test: impl Fn(Sandbox) + Sync) {
    // The threads are within the turn of the test.
    let _turn = machine::shared();
    std::thread::scope(|scope| {
        for &sandbox in sandboxes {
            let test = &test;
            scope.spawn(move || test(sandbox));
        }
    });
}

/// A running `server`, killed when dropped.
pub struct Server {
    child: Child,
    /// As the log gives it, with the port that the kernel chose.
    pub address: String,
    /// Locked by nobody: a server is shared between threads that only connect.
    log: Mutex<Receiver<String>>,
    /// Log lines read so far.
    pub lines: Vec<String>,
    _turn: machine::Turn,
}

impl Server {
    /// Starts and waits until it serves.
    pub fn start(place: &IndexFolder, listen: Listen, sandbox: Sandbox, options: &[&str]) -> Self {
        let address = match listen {
            Listen::Unix => format!("unix:{}", place.path("api.sock").display()),
            Listen::Tcp => "tcp:127.0.0.1:0".to_owned(),
        };
        Self::start_at(place, &address, sandbox, options)
    }

    pub fn start_at(place: &IndexFolder, address: &str, sandbox: Sandbox, options: &[&str]) -> Self {
        let mut server = Self::spawn(command(place, address, sandbox, options));
        let line = server.wait_for_line("\"serving\"");
        let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
        server.address = fields["listen"].as_str().unwrap().to_owned();
        server
    }

    /// Starts without waiting for anything but the machine.
    pub fn spawn(mut command: Command) -> Self {
        let turn = machine::shared();
        let mut child = command.stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = mpsc::channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, address: String::new(), log: Mutex::new(log), lines: Vec::new(), _turn: turn }
    }

    #[track_caller]
    pub fn wait_for_line(&mut self, part: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.log.get_mut().unwrap().recv_timeout(left) else {
                panic!("no {part} in the log: {:#?}", self.lines)
            };
            self.lines.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Waits until it serves, or until it has ended.
    #[track_caller]
    pub fn serves(&mut self) -> bool {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.log.get_mut().unwrap().recv_timeout(left) {
                Ok(line) => self.lines.push(line),
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("it neither serves nor ends: {:#?}", self.lines),
            }
            if self.lines.last().is_some_and(|line| line.contains("\"serving\"")) {
                return true;
            }
        }
    }

    pub fn connect(&self) -> Client {
        Client::connect(&self.address)
    }

    /// Where its admin listener is, as the log gives it.
    #[track_caller]
    pub fn admin(&self) -> &str {
        let line = self.lines.iter().find(|line| line.contains("\"admin listener\"")).expect("it has one");
        line.split("\"admin\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address")
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Waits until a signal to stop has taken effect.
    #[track_caller]
    pub fn must_be_stopped(&self) {
        assert!(comes_true(PATIENCE, || procfs::is_stopped(self.process_id())), "the server goes on");
    }

    /// How many descriptors are open.
    pub fn descriptors(&self) -> usize {
        procfs::descriptors(self.process_id())
    }

    /// Waits until no more than `count` descriptors are open.
    #[track_caller]
    pub fn must_come_down_to(&self, count: usize) {
        let is_down = comes_true(PATIENCE, || self.descriptors() <= count);
        assert!(is_down, "{} descriptors, {count} before", self.descriptors());
    }

    /// The share of one core that the process uses, watched for at least `time`; in steps of 10 ms.
    pub fn cpu_share(&self, time: Duration) -> f64 {
        let (begun, before) = (Instant::now(), procfs::cpu_ticks(self.process_id()));
        std::thread::sleep(time);
        let share = (procfs::cpu_ticks(self.process_id()) - before) as f64 / 100.0 / begun.elapsed().as_secs_f64();
        eprintln!("{share:.3} of a core in {:?}", begun.elapsed());
        share
    }

    /// Mapped files in shared memory.
    pub fn mappings(&self) -> usize {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.process_id())).unwrap();
        maps.lines().filter(|line| line.contains("/dev/shm/")).count()
    }

    /// What the process holds beside the shared index: anonymous memory, and pages of its program's file.
    pub fn own_kilobytes(&self) -> u64 {
        ["RssAnon", "RssFile"].map(|name| procfs::figure(self.process_id(), name)).iter().sum()
    }

    /// Waits for the process to end by itself.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        let ends = comes_true(PATIENCE, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        if ends {
            self.lines.extend(self.log.get_mut().unwrap().iter());
        }
        status.unwrap_or_else(|| panic!("the server does not end: {:#?}", self.lines))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, or ended by this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command line of a test server.
pub fn command(place: &IndexFolder, address: &str, sandbox: Sandbox, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FRAUDRING_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG");
    command.arg("--shm-dir").arg(place.index_dir()).args(["--listen", address, "--log", "json"]);
    command.env("FRAUDRING_CPU", "none");
    command.args(options);
    sandbox.confine(&mut command);
    command
}
