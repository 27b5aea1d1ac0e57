//! A folder of its own for the commands of one test.
#![allow(dead_code, reason = "each test program uses a part")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs `fraudring` in this folder.
    pub fn run(&self, arguments: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(std::fs::File::open(self.path("payload.json")).map_or_else(|_| Stdio::null(), Stdio::from));
        command.output().unwrap()
    }

    /// The stdout of a run that must succeed.
    pub fn succeeds(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The stderr of a run that must fail with status 1.
    pub fn fails(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        String::from_utf8(output.stderr).unwrap()
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fraudring"));
        command.args(arguments.split(' ')).current_dir(self.0.path()).env("FRAUDRING_DATA", self.path("data"));
        command
    }
}
