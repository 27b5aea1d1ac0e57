//! The memory that a balancer shares with its servers.

use crate::report::{self, Report};
use crate::word::Word;
use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{MemfdFlags, SealFlags};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

/// Servers that a balancer can have.
pub const SERVERS: usize = 16;
/// Connections that a balancer can have.
pub const CONNECTIONS: usize = 65_536;

/// The first word: another layout has another one.
const MAGIC: u64 = u64::from_le_bytes(*b"handoff1");
/// Words before the reports: magic, connections.
const HEADER_WORDS: usize = 8;
/// A word has a line of the cache to itself: neighbours may belong to servers on other cores.
const WORD_STRIDE: usize = 8;
const WORD_BYTES: usize = size_of::<u64>();

/// A sealed file cannot become shorter under those who have mapped it.
const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

/// Memory shared by a balancer and its servers: a [`Report`] of each server, a [`Word`] for each connection.
#[derive(Debug)]
pub struct Page {
    mapping: MmapRaw,
    connections: usize,
}

/// A page that a server does not take.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The kernel has no memory, or does not map it.
    #[error("the page cannot be mapped: {0}")]
    System(#[from] io::Error),
    /// It could become shorter while it is used.
    #[error("the page is not sealed")]
    NotSealed,
    /// Of another version, or not what was promised.
    #[error("the page has another layout")]
    OtherLayout,
}

impl Page {
    /// A page for so many connections, and the file to share it by. Its memory is used as its connections are.
    ///
    /// # Errors
    ///
    /// The kernel has no descriptor or no memory.
    ///
    /// # Panics
    ///
    /// More than [`CONNECTIONS`].
    pub fn new(connections: usize) -> io::Result<(Self, OwnedFd)> {
        assert!(connections <= CONNECTIONS, "a page has an end");
        let file = rustix::fs::memfd_create("handoff", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&file, bytes(connections) as u64)?;
        rustix::fs::fcntl_add_seals(&file, SEALS)?;
        let page = Self::map(&file, connections)?;
        page.words()[1].store(connections as u64, Ordering::Relaxed);
        page.words()[0].store(MAGIC, Ordering::Release);
        Ok((page, file))
    }

    /// The page of a balancer, which says that it has `connections`.
    ///
    /// # Errors
    ///
    /// [`PageError`] says what is wrong with it.
    pub fn open(file: impl AsFd, connections: u32) -> Result<Self, PageError> {
        let connections = connections as usize;
        let seals = rustix::fs::fcntl_get_seals(&file).map_err(io::Error::from)?;
        if !seals.contains(SEALS) {
            return Err(PageError::NotSealed);
        }
        let size = rustix::fs::fstat(&file).map_err(io::Error::from)?.st_size;
        if connections > CONNECTIONS || u64::try_from(size).ok() != Some(bytes(connections) as u64) {
            return Err(PageError::OtherLayout);
        }
        let page = Self::map(&file, connections)?;
        let header = [&page.words()[0], &page.words()[1]].map(|word| word.load(Ordering::Acquire));
        if header != [MAGIC, connections as u64] {
            return Err(PageError::OtherLayout);
        }
        Ok(page)
    }

    /// How many connections it is for.
    pub fn connections(&self) -> usize {
        self.connections
    }

    /// The word of a connection.
    ///
    /// # Panics
    ///
    /// There is no such connection.
    #[inline]
    pub fn word(&self, connection: u32) -> Word<'_> {
        assert!((connection as usize) < self.connections, "a connection of the page");
        let first = HEADER_WORDS + SERVERS * report::WORDS;
        Word(&self.words()[first + connection as usize * WORD_STRIDE])
    }

    /// Replaces what a server says of itself.
    ///
    /// # Panics
    ///
    /// `server` is not less than [`SERVERS`].
    pub fn write_report(&self, server: usize, report: Report) {
        report.write(self.report_words(server));
    }

    /// What a server says of itself.
    ///
    /// # Panics
    ///
    /// `server` is not less than [`SERVERS`].
    pub fn report(&self, server: usize) -> Report {
        Report::read(self.report_words(server))
    }

    fn report_words(&self, server: usize) -> &[AtomicU64] {
        assert!(server < SERVERS, "a server of the page");
        &self.words()[HEADER_WORDS + server * report::WORDS..][..report::WORDS]
    }

    fn map(file: &impl AsFd, connections: usize) -> io::Result<Self> {
        let mapping = MmapOptions::new().len(bytes(connections)).map_raw(&file.as_fd())?;
        Ok(Self { mapping, connections })
    }

    #[allow(unsafe_code, reason = "memory that other processes change is reached by way of atomics alone")]
    fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping has this length, begins at a page, is writable and lives as long as `self`; its file is sealed, so
        // that no page of it can go; any bits are a word, and nobody reaches them but by atomics.
        unsafe { std::slice::from_raw_parts(self.mapping.as_ptr().cast(), bytes(self.connections) / WORD_BYTES) }
    }
}

const fn bytes(connections: usize) -> usize {
    (HEADER_WORDS + SERVERS * report::WORDS + connections * WORD_STRIDE) * WORD_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Standing;
    use crate::word::State;

    #[test]
    fn both_sides_see_the_same_words_and_reports() {
        let (ours, file) = Page::new(100).unwrap();
        let theirs = Page::open(&file, 100).unwrap();
        let epoch = ours.word(99).give();
        assert_eq!(theirs.word(99).state(epoch), Some(State::Given));
        assert_eq!(theirs.word(98).state(0), Some(State::Free));
        let report = Report { beats: 3, standing: Standing::Draining, open: 7 };
        theirs.write_report(15, report);
        assert_eq!((ours.report(15), ours.report(14)), (report, Report::default()));
    }

    #[test]
    fn a_page_that_is_not_what_was_promised_is_refused() {
        let (_page, file) = Page::new(100).unwrap();
        assert!(matches!(Page::open(&file, 99), Err(PageError::OtherLayout)));
        assert!(matches!(Page::open(&file, u32::MAX), Err(PageError::OtherLayout)));
        let bare = rustix::fs::memfd_create("bare", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        rustix::fs::ftruncate(&bare, bytes(1) as u64).unwrap();
        assert!(matches!(Page::open(&bare, 1), Err(PageError::NotSealed)));
        rustix::fs::fcntl_add_seals(&bare, SEALS).unwrap();
        assert!(matches!(Page::open(&bare, 1), Err(PageError::OtherLayout)));
        let (near, _far) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(matches!(Page::open(near, 1), Err(PageError::System(_))));
    }
}
