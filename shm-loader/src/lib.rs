//! Segments in shared memory: publish a whole index or nothing, attach to it, show who maps it.
#![allow(missing_docs, clippy::todo)]
pub use index::Progress;
use std::path::{Path, PathBuf};
/// Where segments live unless `--dir` or `FRAUDRING_SHM_DIR` says otherwise.
pub const DEFAULT_DIR: &str = "/dev/shm/fraudring";
/// What `load` published.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Published {
    pub path: PathBuf,
    pub bytes: u64,
    pub checksum: String,
    pub references: u32,
    pub reader: &'static str,
}
pub fn load(file: &Path, dir: &Path, progress: &Progress<'_>) -> Result<Published, LoadError> {
    let _ = (file, dir, progress);
    todo!()
}
#[derive(Debug, thiserror::Error)]
pub enum LoadError {}
/// A read-only mapping of the published segment.
pub struct Segment {}
impl Segment {
    /// Maps what is published now; the caller validates the bytes with `index::Index::open`.
    pub fn attach(dir: &Path) -> Result<Self, AttachError> {
        let _ = dir;
        todo!()
    }
    pub fn bytes(&self) -> &[u8] {
        todo!()
    }
    /// Keeps the mapping for the rest of the process's life.
    pub fn leak(self) -> &'static [u8] {
        todo!()
    }
}
#[derive(Debug, thiserror::Error)]
pub enum AttachError {}
pub fn inspect(dir: &Path) -> Result<Report, InspectError> {
    let _ = dir;
    todo!()
}
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {}
#[derive(Debug, thiserror::Error)]
pub enum InspectError {}
/// Removes the published segment (and leftovers of a crashed loader); true if there was one.
pub fn unload(dir: &Path) -> Result<bool, LoadError> {
    let _ = dir;
    todo!()
}
/// The subcommands, shared by the binary `shm-loader` and by `fraudring shm`.
pub mod command {
    #[derive(clap::Subcommand, Debug)]
    pub enum Command {
        Load,
        Inspect,
        Unload,
    }
    /// Runs one and returns the process's exit code.
    pub fn run(command: Command) -> std::process::ExitCode {
        let _ = command;
        todo!()
    }
}
