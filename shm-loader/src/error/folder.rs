//! Folders that cannot be used.

use std::io;
use std::path::PathBuf;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Nothing is there, and only loading creates a folder.
    #[error("there is no folder {}", path.display())]
    Missing {
        /// The folder asked for.
        path: PathBuf,
    },
    /// A file, a socket, or a symbolic link that might lead anywhere.
    #[error("{} is not a folder (or is a symbolic link): give the folder itself", path.display())]
    NotAFolder {
        /// The path asked for.
        path: PathBuf,
    },
    /// Whoever owns the folder could exchange what readers see.
    #[error(
        "{} belongs to uid {owner}, this process runs as uid {user}: remove it, run the loader as its owner, or \
         choose another folder", path.display()
    )]
    OtherOwner {
        /// The folder asked for.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The user who asked.
        user: u32,
    },
    /// Others could exchange what readers see.
    #[error(
        "{} can be written by others than its owner (mode {mode:04o}): run `chmod 755 {}`, or choose another folder",
        path.display(), path.display()
    )]
    WritableByOthers {
        /// The folder asked for.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A folder stands where the segment is to be.
    #[error("{} is a folder: remove it with `rm -r {}`", path.display(), path.display())]
    NameTaken {
        /// Where the segment is to be.
        path: PathBuf,
    },
    /// The kernel refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
}
