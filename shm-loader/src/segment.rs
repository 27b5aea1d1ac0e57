//! The readers' side: attach to what is published.

use crate::folder::{Folder, Lock, PUBLISHED};
use crate::mapping::map_read_only;
use crate::readers::Reading;
use crate::{AttachError, FolderError, Trust, generation, record};
use memmap2::Mmap;
use rustix::fs::{self, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long somebody may hold the exclusive lock that `inspect` takes for an instant.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_RETRY: Duration = Duration::from_millis(2);
/// How often in a row what was just opened may be replaced before its number could be looked up.
const NUMBER_TRIES: u32 = 5;

/// A read-only mapping of the published segment.
///
/// While it lives it holds a shared `flock` on the segment, and a lock on its number, so that others can tell that the
/// segment is in use.
#[derive(Debug)]
pub struct Segment {
    generation: Option<u64>,
    _reading: Option<Reading>,
    lock: Lock,
    map: Mmap,
    id: SegmentId,
    is_verified: bool,
}

/// Which segment: two are the same exactly if this is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentId {
    /// Number of the file system.
    pub device: u64,
    /// Number of the file in it.
    pub inode: u64,
}

/// What tells one state of the published file from any other, without mapping it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentVersion {
    id: SegmentId,
    bytes: i64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl SegmentVersion {
    /// What is published in `dir` now; `None` if nothing is, or nothing that can be looked at.
    pub fn published_in(dir: &Path) -> Option<Self> {
        let stat = Folder::open(dir).ok()?.stat_inside(PUBLISHED).ok()??;
        Some(Self {
            id: SegmentId::of(&stat),
            bytes: stat.st_size,
            modified: (stat.st_mtime, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime, stat.st_ctime_nsec as i64),
        })
    }
}

impl Segment {
    /// Maps what is published now by root or this process's user; the caller checks the bytes with `index::Index::check`,
    /// or with `index::Index::check_verified` if [`Segment::is_verified`], and decodes the rules in them.
    ///
    /// # Errors
    /// [`AttachError`]: nothing is published, or folder or file are not to be trusted or cannot be mapped.
    pub fn attach(dir: &Path) -> Result<Self, AttachError> {
        Self::attach_trusting(dir, &Trust::default())
    }

    /// [`Segment::attach`], also to what others published that are trusted.
    ///
    /// # Errors
    /// As of [`Segment::attach`].
    pub fn attach_trusting(dir: &Path, trust: &Trust) -> Result<Self, AttachError> {
        let folder = Folder::open(dir).map_err(|error| match error {
            FolderError::Missing { path } => AttachError::NoSegment { path },
            other => AttachError::Folder(other),
        })?;
        Self::attach_published(&folder, trust)
    }

    /// What is published now, with its number.
    pub(crate) fn attach_published(folder: &Folder, trust: &Trust) -> Result<Self, AttachError> {
        let mut segment = Self::attach_in(folder, PUBLISHED, trust)?;
        for _ in 0..NUMBER_TRIES {
            segment.generation = fs::fstat(segment.file()).ok().and_then(|stat| generation::number_of(folder, &stat));
            let is_current = || {
                let published = folder.stat_inside(PUBLISHED).ok().flatten();
                published.is_none_or(|stat| SegmentId::of(&stat) == segment.id)
            };
            if segment.generation.is_some() || is_current() {
                break;
            }
            // replaced meanwhile, and its number went with its name
            segment = Self::attach_in(folder, PUBLISHED, trust)?;
        }
        segment._reading = segment.generation.and_then(|number| Reading::begin(folder, number));
        Ok(segment)
    }

    /// Also the loader's way to what it has written but not yet published. Without a number.
    pub(crate) fn attach_in(folder: &Folder, name: &str, trust: &Trust) -> Result<Self, AttachError> {
        trust.check_folder(&folder.stat().map_err(AttachError::Folder)?, folder.path())?;
        let path = folder.path().join(name);
        let failed = |action, error: Errno| AttachError::Io { action, path: path.clone(), source: error.into() };
        let file = match open(folder, name) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Err(AttachError::NoSegment { path: folder.path().into() }),
            Err(Errno::LOOP) => return Err(AttachError::NotRegular { path }),
            Err(error) => return Err(failed("open", error)),
        };
        let stat = fs::fstat(&file).map_err(|error| failed("look at", error))?;
        trust.check_file(&stat, &path)?;
        let lock = lock_shared(file, &path)?;
        let is_verified = name == PUBLISHED && record::vouches_for(folder, lock.file(), &stat);
        let bytes = match usize::try_from(stat.st_size) {
            Ok(0) => return Err(AttachError::Empty { path }),
            Ok(bytes) => bytes,
            Err(_) => return Err(failed("map", Errno::FBIG)),
        };
        let map =
            map_read_only(lock.file(), bytes).map_err(|source| AttachError::Io { action: "map", path, source })?;
        Ok(Self { generation: None, _reading: None, lock, map, id: SegmentId::of(&stat), is_verified })
    }

    /// The whole index; the slice starts at a page boundary.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Which segment this is.
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// Its number in the folder, counted from 1; `None` if an older loader, or a hand, published it.
    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// Whether the loader, of this very version, has checked these bytes with `scoring::ImageInfo::check`, and nobody but root
    /// and the user of this process can have changed them since.
    pub fn is_verified(&self) -> bool {
        self.is_verified
    }

    pub(crate) fn map(&self) -> &Mmap {
        &self.map
    }

    pub(crate) fn file(&self) -> &File {
        self.lock.file()
    }
}

impl AsRef<[u8]> for Segment {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl SegmentId {
    pub(crate) fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}

/// Opens a segment for reading, without following links and without waiting for a pipe's writer.
pub(crate) fn open(folder: &Folder, name: &str) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    folder.open_inside(name, flags, Mode::empty())
}

fn lock_shared(file: File, path: &Path) -> Result<Lock, AttachError> {
    let give_up = Instant::now() + LOCK_WAIT;
    loop {
        match fs::flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => return Ok(Lock::held(file)),
            Err(Errno::WOULDBLOCK) if Instant::now() < give_up => std::thread::sleep(LOCK_RETRY),
            // Any user who may read the file can keep such a lock for ever, and must not keep readers away by it. The
            // lock only tells that the segment is in use, and as long as the other's lasts it tells the same.
            Err(Errno::WOULDBLOCK) => return Ok(Lock::held(file)),
            Err(Errno::INTR) => {}
            Err(error) => return Err(AttachError::Io { action: "lock", path: path.into(), source: error.into() }),
        }
    }
}
