//! Loads that failed.

use super::{AttachError, FolderError, SourceError};
use crate::copy::CopyError;
use crate::program::{inspect_command, unload_command};
use scoring::ImageError;
use std::io;
use std::path::PathBuf;

/// Why nothing was published (or removed).
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another process holds the folder's lock.
    #[error("another loader is at work in {}: wait until it has ended", path.display())]
    Busy {
        /// The folder asked for.
        path: PathBuf,
    },
    /// The file cannot be loaded.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file system is too full; the old segment stays until the new one is complete, so both must fit.
    #[error(
        "no room in {}: the segment needs {needed} bytes, {free} are free: free some, make the file system larger, or \
         run `{}` first if no server needs the old segment", path.display(), unload_command(path)
    )]
    NoRoom {
        /// The folder asked for.
        path: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The loader's control group cannot hold the segment: the kernel would kill the loader half-way.
    #[error(
        "the memory limit of this container (or control group) is {limit} bytes, of which {in_use} are in use: loading takes \
         {needed} more, so raise the limit to {}", (in_use + needed).next_multiple_of(1 << 20)
    )]
    MemoryLimit {
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
        /// Bytes that others use and the kernel cannot take back.
        in_use: u64,
    },
    /// One more would be the third in memory beside those that are kept.
    #[error(
        "{} in {} was replaced and is still read: wait for its readers with `--wait SECONDS`, or end those that \
         `{}` shows", numbered(numbers), path.display(), inspect_command(path)
    )]
    StillRead {
        /// The folder asked for.
        path: PathBuf,
        /// The generations.
        numbers: Vec<u64>,
    },
    /// The kernel refused to set the pages aside.
    #[error("cannot reserve {bytes} bytes in {}", path.display())]
    Reserve {
        /// The folder asked for.
        path: PathBuf,
        /// Bytes needed.
        bytes: u64,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Copying stopped.
    #[error("{} was not loaded", file.display())]
    Copy {
        /// The file asked for.
        file: PathBuf,
        /// Why.
        source: CopyError,
    },
    /// The copy is not a sound index.
    #[error("{} is not a sound index (`fraudring index build` makes one)", file.display())]
    Invalid {
        /// The file asked for.
        file: PathBuf,
        /// What is wrong.
        source: ImageError,
    },
    /// The copy could not be opened the way readers open it; nothing was published.
    #[error("readers could not attach to the new segment, it was not published")]
    Unreadable(#[source] AttachError),
    /// Published, but what readers see is something else.
    #[error("the segment was published, but readers cannot attach to it")]
    NotAttachable(#[source] AttachError),
    /// Published, and exchanged by somebody who does not take the lock.
    #[error("{} was replaced by another program right after it was published", path.display())]
    Exchanged {
        /// The segment's path.
        path: PathBuf,
    },
}

fn numbered(numbers: &[u64]) -> String {
    let all = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    format!("generation {all}")
}
