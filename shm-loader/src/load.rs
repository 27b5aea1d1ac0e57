//! Publishes one index: copy aside, verify the copy, rename. Every failure leaves the old segment as it was.

use crate::copy::{self, Sink};
use crate::folder::{LockedFolder, PUBLISHED, Temporary};
use crate::limit;
use crate::replaced::wait_for_readers;
use crate::segment::{Segment, SegmentId};
use crate::source::Source;
use crate::step::Step;
use crate::{CopyError, IndexFile, LoadError, Progress, Reader, Trust, readers, record};
use index::InstructionSet;
use rustix::fs::{self, FallocateFlags};
use rustix::io::Errno;
use scoring::{Contents, ImageInfo};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What `load` published.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Published {
    /// Where readers find it.
    pub path: PathBuf,
    /// Its number in the folder.
    pub generation: u64,
    /// Numbers of the generations that are kept beside it.
    pub kept: Vec<u64>,
    /// Its size.
    pub bytes: u64,
    /// As the index states it, verified over the copy.
    pub checksum: String,
    /// What the index holds.
    #[serde(flatten)]
    pub contents: Contents,
    /// What the file was read with: `io_uring` or `plain`.
    pub reader: &'static str,
    /// Why io_uring was not used; absent if it was, or was not wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io_uring_refused: Option<String>,
    /// Unfinished copies of killed loaders that were removed on the way.
    pub leftovers_removed: usize,
    /// The folder is on a memory file system, as it should be.
    pub in_memory: bool,
}

impl Published {
    /// What to tell the user of a folder that is not in memory.
    pub fn disk_warning(&self) -> Option<String> {
        let path = self.path.display();
        (!self.in_memory).then(|| {
            format!(
                "{path} is on a disk and not in memory: searches wait for the disk whenever the kernel takes pages back; use a \
                 folder on a tmpfs, such as {}", crate::DEFAULT_DIR
            )
        })
    }
}

/// What can be chosen about loading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// How the file is read.
    pub reader: Reader,
    /// Loading ends with [`CopyError::Stopped`] soon after this becomes true, and cleans up.
    pub stop: Option<&'a AtomicBool>,
    /// Generations to keep beside the new one, for [`crate::activate`].
    pub keep: usize,
    /// How long to wait for readers of a replaced generation to end.
    pub wait: Duration,
}

/// Publishes `file` in `dir`. Phases of the progress: `copy` and `verify`, in bytes.
///
/// # Errors
/// [`LoadError`] tells whose fault it is: the folder's, the file's, or that there is no room. What was published before
/// stays published, but for [`LoadError::NotAttachable`] and [`LoadError::Exchanged`].
pub fn load(file: &Path, dir: &Path, progress: &Progress<'_>) -> Result<Published, LoadError> {
    load_with(&IndexFile::at(file), dir, &Options::default(), progress)
}

/// [`load`] with choices.
///
/// # Errors
/// As of [`load`]; and [`CopyError::Stopped`] when it was asked to stop.
pub fn load_with(
    file: &IndexFile,
    dir: &Path,
    options: &Options<'_>,
    progress: &Progress<'_>,
) -> Result<Published, LoadError> {
    let never = AtomicBool::new(false);
    let stop = options.stop.unwrap_or(&never);
    let source = Source::open(file)?;
    let locked = LockedFolder::create_or_lock(dir)?;
    Step::Locked.done();
    let leftovers_removed = locked.remove_leftovers()?;
    locked.must_have_room_for_the_name()?;
    let before = locked.settle()?;
    Step::Settled.done();
    let in_memory = locked.folder().is_in_memory()?;
    source.must_not_be_published_in(locked.folder())?;
    // without it nobody can tell who reads, and loading goes on
    let _ = readers::create(locked.folder());
    wait_for_readers(&locked, &before, options.wait, stop, source.path())?;

    let temporary = locked.temporary()?;
    reserve(&locked, &temporary, source.bytes())?;
    Step::Reserved.done();
    let failed = |error| LoadError::Copy { file: source.path().into(), source: error };
    let mut sink = Sink::new(source.file(), temporary.file(), source.bytes(), stop, progress);
    let used = copy::copy(options.reader, &mut sink).map_err(failed)?;
    source.must_be_unchanged()?;
    temporary.make_read_only()?;
    Step::Copied.done();

    let (info, written) = verify(&locked, &temporary, &source, progress)?;
    Step::Checked.done();
    if stop.load(Ordering::Relaxed) {
        return Err(failed(CopyError::Stopped));
    }
    let generation = before.highest() + 1;
    locked.name_generation(temporary.name(), generation)?;
    Step::Named.done();
    // a name without a publication is removed by the next loader, should this one not be able to
    temporary.publish().inspect_err(|_| _ = locked.remove_generation(generation))?;
    Step::Published.done();
    confirm(dir, &locked, written)?;
    Step::Recorded.done();
    locked.count(generation)?;
    Step::Counted.done();
    let kept = locked.keep(options.keep, before.current)?;
    Step::Trimmed.done();
    Ok(Published {
        path: locked.folder().path().join(PUBLISHED),
        generation,
        kept,
        bytes: info.bytes(),
        checksum: info.checksum().to_owned(),
        contents: info.contents(),
        reader: used.reader,
        io_uring_refused: used.refused.map(|error| error.to_string()),
        leftovers_removed,
        in_memory,
    })
}

/// Sets every page aside before the first byte is copied, so that a lack of room shows early and at once.
fn reserve(locked: &LockedFolder, temporary: &Temporary<'_>, bytes: u64) -> Result<(), LoadError> {
    let path = || locked.folder().path().to_path_buf();
    let failed = |error: Errno| LoadError::Reserve { path: path(), bytes, source: error.into() };
    let needed = limit::needed(bytes);
    if let Some(limit::Room { limit, in_use }) = limit::tightest().filter(|room| room.left() < needed) {
        return Err(LoadError::MemoryLimit { needed, limit, in_use });
    }
    let room = || -> Result<u64, LoadError> {
        let statistics = fs::fstatvfs(temporary.file()).map_err(failed)?;
        // a tmpfs without a limit reports zero blocks
        let limited = statistics.f_blocks > 0;
        Ok(if limited { statistics.f_bavail.saturating_mul(statistics.f_frsize) } else { u64::MAX })
    };
    let free = room()?;
    if free < bytes {
        return Err(LoadError::NoRoom { path: path(), needed: bytes, free });
    }
    loop {
        match fs::fallocate(temporary.file(), FallocateFlags::empty(), 0, bytes) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            // the check above and the copy's own ENOSPC have to do
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
            Err(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => {
                return Err(LoadError::NoRoom { path: path(), needed: bytes, free: room()? });
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

/// Reads the copy as readers will, and checks checksum and structure on it.
fn verify(
    locked: &LockedFolder,
    temporary: &Temporary<'_>,
    source: &Source,
    progress: &Progress<'_>,
) -> Result<(ImageInfo, SegmentId), LoadError> {
    progress("verify", 0, source.bytes());
    let copy =
        Segment::attach_in(locked.folder(), temporary.name(), &Trust::default()).map_err(LoadError::Unreadable)?;
    // nothing is searched, so any kernel will do
    let info = ImageInfo::check(copy.bytes(), InstructionSet::detect(), &|_, _, _| {})
        .map_err(|error| LoadError::Invalid { file: source.path().into(), source: error })?;
    progress("verify", source.bytes(), source.bytes());
    Ok((info, copy.id()))
}

/// A reader that comes now must get exactly the segment that was verified, and may take the loader's word for it.
pub(crate) fn confirm(dir: &Path, locked: &LockedFolder, written: SegmentId) -> Result<(), LoadError> {
    let seen = Segment::attach(dir).map_err(LoadError::NotAttachable)?;
    if seen.id() == written {
        // without a record readers check the bytes themselves
        let _ = fs::fstat(seen.file()).and_then(|stat| record::write(locked.folder(), &stat));
        return Ok(());
    }
    Err(LoadError::Exchanged { path: locked.folder().path().join(PUBLISHED) })
}
