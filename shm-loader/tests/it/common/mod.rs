//! What the tests of this room share: index files, a private folder in shared memory, loaders under control.

use rustix::process::{Pid, Signal, kill_process};
use schema::Rules;
use space::{Label, Point};
use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use testkit::process::ending_within;
use testkit::wait::comes_true;

/// Nothing a loader does here takes longer, hanging excepted.
const PATIENCE: Duration = Duration::from_secs(30);
/// Large enough that a loader is still at work when it has been seen to work.
pub const SLOW_BYTES: u64 = 256 << 20;

/// A private place in shared memory; the folder of the segments in it does not exist at first.
pub struct SegmentFolder {
    root: TempDir,
}

impl SegmentFolder {
    pub fn new() -> Self {
        Self { root: tempfile::Builder::new().prefix("fraudring-test-").tempdir_in("/dev/shm").unwrap() }
    }

    /// Lets other users in.
    pub fn open_to_all(self) -> Self {
        std::fs::set_permissions(self.root(), PermissionsExt::from_mode(0o755)).unwrap();
        self
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn dir(&self) -> PathBuf {
        self.root().join("segments")
    }

    pub fn published(&self) -> PathBuf {
        self.dir().join(shm_loader::PUBLISHED)
    }

    /// A file beside the folder of the segments.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A file of zeros that takes no memory, and a loader some time.
    pub fn slow_file(&self) -> PathBuf {
        let path = self.root().join("slow");
        File::create(&path).unwrap().set_len(SLOW_BYTES).unwrap();
        path
    }

    /// Names in the folder of the segments, but for the lock, the record, the files of the numbers, and the second name of
    /// what is published.
    pub fn names(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.dir()) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| ![".lock", ".verified", ".readers", ".last-generation"].contains(&name.as_str()));
        let inode = |name: &str| std::fs::symlink_metadata(self.dir().join(name)).map(|file| file.ino()).ok();
        let published = inode(shm_loader::PUBLISHED);
        names.retain(|name| !name.starts_with("generation-") || inode(name) != published);
        names.sort();
        names
    }

    pub fn load(&self, file: &Path) -> Result<shm_loader::Published, shm_loader::LoadError> {
        shm_loader::load(file, &self.dir(), &|_, _, _| ())
    }

    /// `shm-loader COMMAND --shm-dir …`
    pub fn command(&self, command: &str) -> Command {
        let mut loader = Command::new(env!("CARGO_BIN_EXE_shm-loader"));
        loader.arg(command).arg("--shm-dir").arg(self.dir()).stdin(Stdio::null());
        loader.stdout(Stdio::piped()).stderr(Stdio::piped());
        loader
    }

    pub fn run_load(&self, file: &Path) -> Finished {
        finish(self.command("load").arg(file).spawn().unwrap())
    }

    /// Starts a loader and stops it (SIGSTOP) as soon as its unfinished copy is there.
    pub fn stopped_loader(&self, file: &Path) -> Child {
        let loader = self.command("load").arg(file).spawn().unwrap();
        let copies = || self.names().iter().any(|name| name.starts_with(".loading-"));
        assert!(comes_true(PATIENCE, copies), "the loader never started to copy");
        send(&loader, Signal::STOP);
        loader
    }
}

#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Waits for a program, but not for ever.
#[track_caller]
pub fn finish(child: Child) -> Finished {
    let Output { status, stdout, stderr } = ending_within(PATIENCE, child);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

pub fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A sound index; other seeds, other bytes.
pub fn index(references: u32, seed: u64) -> Vec<u8> {
    let mut generator = testkit::random::Random(seed);
    let mut random = || generator.between(0, 10_000);
    let vectors: Vec<Point> = (0..references).map(|_| Point::new(std::array::from_fn(|_| random())).unwrap()).collect();
    let labels: Vec<Label> =
        (0..references).map(|_| if random() < 3_000 { Label::Fraud } else { Label::Legit }).collect();
    scoring::build(&vectors, &labels, &Rules::default(), &|_, _, _| ()).unwrap()
}

/// Does `work` as uid 65534 without any capability; only this thread changes its user.
pub fn as_nobody<T>(work: impl FnOnce() -> T) -> T {
    use rustix::process::Uid;
    let become_user = |uid| rustix::thread::set_thread_res_uid(Uid::ROOT, uid, Uid::ROOT).unwrap();
    become_user(Uid::from_raw(65_534));
    let result = work();
    become_user(Uid::ROOT);
    result
}

pub fn is_tmpfs(path: &Path) -> bool {
    rustix::fs::statfs(path).unwrap().f_type == 0x0102_1994
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A process that holds a segment until its standard input ends.
pub struct Attached {
    child: Child,
    // kept open: the process still prints when it ends
    _output: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

/// Starts a program that prints a line with `attached`; `None` if it ends without.
pub fn attached(mut command: Command) -> Option<Attached> {
    use std::io::{BufRead, BufReader};
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    if lines.any(|line| line.unwrap().starts_with("attached")) {
        return Some(Attached { child, _output: lines });
    }
    child.wait().unwrap();
    None
}

impl Attached {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}
