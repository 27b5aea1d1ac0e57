//! What is copied into: the segment's file, chunk by chunk.

use rustix::fs::{self, Advice};
use rustix::io::Errno;
use space::Progress;
use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes a buffer holds: large enough that a call's fixed cost does not show, small enough for the L2 cache.
pub(super) const BUFFER_BYTES: usize = 256 * 1024;
/// The largest unit in which kernels keep a file's pages, a huge page, and as much again for its alignment.
const FOLIO_BYTES: u64 = 2 * (2 << 20);

/// Why copying stopped.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The file cannot be read.
    #[error("reading the file failed at byte {offset}")]
    Read {
        /// Where.
        offset: u64,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The file ended before its size: somebody truncated it.
    #[error("the file was truncated while it was read: it had {expected} bytes and ended at byte {got}")]
    Truncated {
        /// Its size when it was opened.
        expected: u64,
        /// Where it ended.
        got: u64,
    },
    /// No room for the segment's pages.
    #[error("no room in shared memory after {written} of {total} bytes: free some, or make the file system larger")]
    NoRoom {
        /// Bytes that fitted.
        written: u64,
        /// Bytes needed.
        total: u64,
    },
    /// The segment cannot be written.
    #[error("writing the segment failed after {written} bytes")]
    Write {
        /// Bytes written before that.
        written: u64,
        /// The kernel's answer.
        source: io::Error,
    },
    /// io_uring was asked for by name and is refused.
    #[error("io_uring is refused on this system: leave out --reader io-uring to use plain reads")]
    RingRefused(#[source] io::Error),
    /// SIGINT or SIGTERM.
    #[error("interrupted")]
    Stopped,
}

/// The segment being written.
pub(crate) struct Sink<'a> {
    pub(super) source: &'a File,
    target: &'a File,
    pub(super) written: u64,
    pub(super) total: u64,
    stop: &'a AtomicBool,
    progress: &'a Progress<'a>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(
        source: &'a File,
        target: &'a File,
        total: u64,
        stop: &'a AtomicBool,
        progress: &'a Progress<'a>,
    ) -> Self {
        progress("copy", 0, total);
        Self { source, target, written: 0, total, stop, progress }
    }

    /// Bytes to read next from `offset`.
    pub(super) fn chunk_bytes(&self, offset: u64) -> usize {
        usize::try_from(self.total - offset).map_or(BUFFER_BYTES, |rest| rest.min(BUFFER_BYTES))
    }

    pub(super) fn write(&mut self, chunk: &[u8]) -> Result<(), CopyError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(CopyError::Stopped);
        }
        let (written, total) = (self.written, self.total);
        self.target.write_all(chunk).map_err(|source| match Errno::from_io_error(&source) {
            Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => CopyError::NoRoom { written, total },
            _ => CopyError::Write { written, source },
        })?;
        self.written += chunk.len() as u64;
        self.forget_source();
        (self.progress)("copy", self.written, total);
        Ok(())
    }

    /// Drops from the page cache what was copied: it is read once, and in a container it would be charged to the
    /// loader, up to its limit, on top of the segment. Where the kernel keeps it, nothing but memory is lost.
    ///
    /// The kernel keeps a folio of which only a part is named, so each call reaches back over the largest there are.
    fn forget_source(&self) {
        let from = self.written.saturating_sub(FOLIO_BYTES);
        let _ = fs::fadvise(self.source, from, NonZeroU64::new(self.written - from), Advice::DontNeed);
    }

    pub(super) fn truncated(&self, got: u64) -> CopyError {
        CopyError::Truncated { expected: self.total, got }
    }
}
