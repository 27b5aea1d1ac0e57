//! Segments that cannot be read.

use super::FolderError;
use crate::program::{load_command, unload_command};
use std::io;
use std::path::{Path, PathBuf};

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Nothing is published, for instance because the machine was restarted.
    #[error("no segment in {}: run `{}`", path.display(), load_command(path))]
    NoSegment {
        /// The folder asked for.
        path: PathBuf,
    },
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(FolderError),
    /// A link, a pipe, a device under the segment's name.
    #[error("{} is not a regular file: run `{}` and load again", path.display(), unload_command(folder_of(path)))]
    NotRegular {
        /// The segment's path.
        path: PathBuf,
    },
    /// A folder under the segment's name.
    #[error("{} is a folder: remove it with `rm -r {}` and load again", path.display(), path.display())]
    IsAFolder {
        /// The segment's path.
        path: PathBuf,
    },
    /// Its owner could change what is read, or end the reader.
    #[error(
        "{} belongs to uid {owner}, neither to root nor to the user of this process (uid {user}): load as one of them, or \
         trust that user with `--trust-uid {owner}`", path.display()
    )]
    OtherOwner {
        /// The segment's path, or its folder's.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The user who asked.
        user: u32,
    },
    /// Its bytes could change under a reader.
    #[error("{} can be written by others than its owner (mode {mode:04o}): load again", path.display())]
    WritableByOthers {
        /// The segment's path.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Nothing in it.
    #[error("{} is empty: load again", path.display())]
    Empty {
        /// The segment's path.
        path: PathBuf,
    },
    /// The kernel refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The segment's path.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
}

fn folder_of(segment: &Path) -> &Path {
    segment.parent().unwrap_or(segment)
}
