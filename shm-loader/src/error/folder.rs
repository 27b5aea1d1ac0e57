//! Folders that cannot be used.

use std::io;
use std::path::{Path, PathBuf};

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
        "{} can be written by others than its owner (mode {mode:04o}): {}",
        path.display(), instead_of_writable(path, *mode)
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

/// What to do about a folder that others can write to. One with the sticky bit, such as `/dev/shm` itself, is meant for
/// all users: to take it away from them would be worse.
fn instead_of_writable(path: &Path, mode: u32) -> String {
    const STICKY: u32 = 0o1000;
    if mode & STICKY != 0 {
        format!("it is shared by all users, so choose a folder in it, such as {}", path.join("fraudring").display())
    } else {
        format!("run `chmod 755 {}`, or choose another folder", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_for_all_users_is_not_to_be_taken_from_them() {
        let advice = |mode| FolderError::WritableByOthers { path: "/dev/shm".into(), mode }.to_string();
        assert!(!advice(0o1777).contains("chmod") && advice(0o1777).contains("/dev/shm/fraudring"));
        assert!(advice(0o777).contains("chmod 755 /dev/shm"));
    }
}
