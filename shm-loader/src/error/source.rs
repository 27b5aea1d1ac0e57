//! Files that cannot be loaded.

use std::io;
use std::path::PathBuf;

/// Why a file cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be opened or looked at.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file asked for.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// What comes on stdin cannot be had.
    #[error("cannot take an index from stdin")]
    Stdin(#[source] io::Error),
    /// A folder, a pipe, a device: nothing whose size is known before it is read.
    #[error("{} is not a regular file: give an index file, made by `fraudring index build`", path.display())]
    NotRegular {
        /// The file asked for.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("{} is empty: give an index file, made by `fraudring index build`", path.display())]
    Empty {
        /// The file asked for.
        path: PathBuf,
    },
    /// It is what is published already.
    #[error("{} is the published segment itself: there is nothing to load", path.display())]
    AlreadyPublished {
        /// The file asked for.
        path: PathBuf,
    },
    /// Somebody wrote to it while it was read.
    #[error(
        "{} changed while it was read ({before_bytes} bytes before, {after_bytes} after): run it again when the file \
         is finished", path.display()
    )]
    Changed {
        /// The file asked for.
        path: PathBuf,
        /// Its size when it was opened.
        before_bytes: u64,
        /// Its size when the copy ended.
        after_bytes: u64,
    },
}
