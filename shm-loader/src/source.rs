//! The file to load: what it must be, and that it stays so while it is read.

use crate::folder::Folder;
use crate::{IndexFile, LoadError, PUBLISHED, SourceError};
use rustix::fs::{self, Mode, OFlags, Stat};
use std::fs::File;
use std::path::{Path, PathBuf};

/// An open regular file and what it looked like when it was opened.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    file: File,
    before: Stat,
}

impl Source {
    pub(crate) fn open(file: &IndexFile) -> Result<Self, SourceError> {
        let path = file.name();
        let failed = |error: rustix::io::Errno| SourceError::Io { path: path.into(), source: error.into() };
        let file = match file.kept() {
            Some(kept) => File::from(rustix::io::fcntl_dupfd_cloexec(kept, 0).map_err(failed)?),
            None => open_without_waiting(path).map_err(failed)?,
        };
        let before = fs::fstat(&file).map_err(failed)?;
        if !fs::FileType::from_raw_mode(before.st_mode).is_file() {
            return Err(SourceError::NotRegular { path: path.into() });
        }
        if before.st_size <= 0 {
            return Err(SourceError::Empty { path: path.into() });
        }
        // with NONBLOCK io_uring answers EAGAIN for what is not in the page cache
        fs::fcntl_setfl(&file, OFlags::empty()).map_err(failed)?;
        Ok(Self { path: path.into(), file, before })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.before.st_size.unsigned_abs()
    }

    /// Refuses the segment that is published in `folder`, whatever name it was given by.
    pub(crate) fn must_not_be_published_in(&self, folder: &Folder) -> Result<(), LoadError> {
        let published = folder.stat_inside(PUBLISHED)?;
        if published.is_some_and(|stat| (stat.st_dev, stat.st_ino) == (self.before.st_dev, self.before.st_ino)) {
            return Err(SourceError::AlreadyPublished { path: self.path.clone() }.into());
        }
        Ok(())
    }

    /// Refuses what was written to since it was opened: the copy may be half old, half new.
    pub(crate) fn must_be_unchanged(&self) -> Result<(), SourceError> {
        let after =
            fs::fstat(&self.file).map_err(|error| SourceError::Io { path: self.path.clone(), source: error.into() })?;
        let seen = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
        if seen(&after) == seen(&self.before) {
            return Ok(());
        }
        Err(SourceError::Changed {
            path: self.path.clone(),
            before_bytes: self.bytes(),
            after_bytes: after.st_size.unsigned_abs(),
        })
    }
}

/// Without NONBLOCK opening a pipe waits for a writer.
fn open_without_waiting(path: &Path) -> rustix::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    fs::open(path, flags, Mode::empty()).map(File::from)
}
