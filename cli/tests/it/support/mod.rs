//! What the end-to-end tests share: a running system, its processes, and small clients.

pub mod bare_server;
pub mod folder;
pub mod http;
pub mod process;
pub mod small_data;
pub mod system;

pub use testkit::wait::comes_true;

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use testkit::process::ending_within;

/// The program under test.
pub const FRAUDRING: &str = env!("CARGO_BIN_EXE_fraudring");

/// Keeps the official index between tests and test runs.
pub fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("data")
}

/// Runs `fraudring` to its end.
pub fn fraudring(arguments: &[&str]) -> Output {
    Command::new(FRAUDRING).args(arguments).env("FRAUDRING_DATA", data_folder()).output().unwrap()
}

/// Runs `fraudring`, which must succeed, and returns its stdout as JSON.
pub fn fraudring_json(arguments: &[&str]) -> serde_json::Value {
    let output = fraudring(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Heads of both previews, drawn and labelled by brute force once for a program, with their frauds-of-5 histograms.
pub fn preview_heads() -> &'static [(PathBuf, [u64; 6]); 2] {
    static HEADS: OnceLock<[(PathBuf, [u64; 6]); 2]> = OnceLock::new();
    HEADS.get_or_init(|| {
        let classic = ["--seed", "4242", "--dates", "classic"];
        let random = ["--seed", "4141", "--dates", "random"];
        [(head("preview-1", &classic), [164, 1, 2, 4, 2, 127]), (head("preview-2", &random), [159, 1, 4, 4, 3, 129])]
    })
}

fn head(name: &str, recipe: &[&str]) -> PathBuf {
    // References, payloads and labels are the program's: as long as it is the same, so are they.
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-head-{:016x}.json", hash_of_program()));
    if path.exists() {
        return path;
    }
    let out = path.to_str().unwrap();
    let output = fraudring(&[&["dataset", "payloads", "--count", "300", "--out", out], recipe].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

fn hash_of_program() -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(&std::fs::read(FRAUDRING).unwrap());
    hasher.finish()
}

/// Status and output of a command that ends by itself, soon and with few words; one that does not is killed.
#[track_caller]
pub fn ending(command: &mut Command) -> Output {
    ending_within(Duration::from_secs(60), command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// A pipe whose reader has left.
pub fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// Whether haproxy can be run; when it must be there and is not, the test fails.
pub fn haproxy_is_installed() -> bool {
    let installed = ["haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"]
        .iter()
        .any(|program| Command::new(program).arg("-v").output().is_ok_and(|output| output.status.success()));
    if !installed {
        testkit::requirement::skip("haproxy", "haproxy is not installed");
    }
    installed
}
