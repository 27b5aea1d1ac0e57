//! What lies in shared memory and who maps it.

mod generations;
mod inspection;
mod maps;
mod processes;
mod soundness;

pub use inspection::{
    GenerationReport, GenerationState, InspectError, Inspection, Leftover, Pages, ProcessReport, ReplacedSegment,
    SegmentReport, SegmentState,
};
pub use soundness::Check;

use crate::folder::{Folder, Lock, PUBLISHED};
use crate::generation::Generations;
use crate::mapping::resident_pages;
use crate::segment::{self, Segment};
use crate::{AttachError, FolderError, Trust, readers};
use rustix::fs::{self, FlockOperation};
use rustix::io::Errno;
use rustix::param::page_size;
use std::io;
use std::path::Path;

/// The least there are.
const HUGE_PAGE_BYTES: usize = 2 << 20;

/// Looks into `dir` and at every process. A folder that is missing or empty is a report, not an error.
///
/// # Errors
/// Folder or segment are not to be trusted, or the kernel refuses to look at them.
pub fn inspect(dir: &Path) -> Result<Inspection, InspectError> {
    inspect_trusting(dir, &Trust::default())
}

/// [`inspect`], also of what others published that are trusted.
///
/// # Errors
/// As of [`inspect`].
pub fn inspect_trusting(dir: &Path, trust: &Trust) -> Result<Inspection, InspectError> {
    inspect_with(dir, trust, Check::Unrecorded)
}

/// [`inspect_trusting`] with a choice.
///
/// # Errors
/// As of [`inspect`].
pub fn inspect_with(dir: &Path, trust: &Trust, check: Check) -> Result<Inspection, InspectError> {
    let folder = match Folder::open(dir) {
        Ok(folder) => folder,
        Err(FolderError::Missing { path }) => return Ok(Inspection::empty(path)),
        Err(error) => return Err(error.into()),
    };
    let found = Generations::in_folder(&folder)?;
    // before this process reads itself
    let read = readers::numbers_read(&folder, found.highest());
    // our own mapping is gone again before the processes are looked at
    let segment = published(&folder, trust, check)?;
    let published = segment.as_ref().map(|segment| segment.inode);
    let generations = generations::reports(&folder, trust, &found, &read, segment.as_ref(), check);
    let kept: Vec<u64> = generations.iter().filter_map(|one| one.inode).collect();
    let scan = processes::scan(&folder, published, &kept)?;
    Ok(Inspection {
        directory: folder.path().into(),
        segment,
        generations,
        replaced_segments: replaced(&scan.processes),
        leftovers: leftovers(&folder)?,
        processes: scan.processes,
        processes_not_readable: scan.not_readable,
    })
}

/// Whether a reader, in whatever container, holds the published segment. False if there is none.
pub(crate) fn in_use(folder: &Folder) -> Result<bool, InspectError> {
    let failed = |error: Errno| InspectError::Io { path: folder.path().into(), source: error.into() };
    let file = match segment::open(folder, PUBLISHED) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    // readers that attach meanwhile try again
    match Lock::take(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(_held_for_an_instant) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(failed(error)),
    }
}

fn published(folder: &Folder, trust: &Trust, check: Check) -> Result<Option<SegmentReport>, InspectError> {
    let in_use = in_use(folder)?;
    let segment = match Segment::attach_published(folder, trust) {
        Ok(segment) => segment,
        Err(AttachError::NoSegment { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // before validating, which reads pages back from swap
    let pages = pages(&segment).map_err(|source| InspectError::Io { path: folder.path().into(), source })?;
    let is_recorded = segment.is_verified() && check == Check::Unrecorded;
    let (index, problem) = match soundness::validated(&segment, is_recorded) {
        Ok(index) => (Some(index), None),
        Err(problem) => (None, Some(problem)),
    };
    Ok(Some(SegmentReport {
        path: folder.path().join(PUBLISHED),
        generation: segment.generation(),
        inode: segment.id().inode,
        bytes: segment.bytes().len() as u64,
        in_use,
        pages,
        index,
        checked_by: if is_recorded { "loader" } else { "inspection" },
        problem,
    }))
}

fn pages(segment: &Segment) -> io::Result<Pages> {
    let stat = fs::fstat(segment.file())?;
    let user = rustix::process::geteuid();
    let page_bytes = page_size() as u64;
    let total = stat.st_size.unsigned_abs().div_ceil(page_bytes);
    let (resident, source) = if user.is_root() || user.as_raw() == stat.st_uid {
        (resident_pages(segment.map())?, "mincore")
    } else {
        (stat.st_blocks.unsigned_abs() * 512 / page_bytes, "st_blocks")
    };
    // a huge page is mapped as such when it is touched
    std::hint::black_box(segment.bytes().iter().step_by(HUGE_PAGE_BYTES).fold(0, |all, byte| all ^ byte));
    Ok(Pages { page_bytes, total, resident, huge_bytes: processes::huge_bytes_here(&stat), source })
}

fn leftovers(folder: &Folder) -> Result<Vec<Leftover>, FolderError> {
    let mut leftovers = Vec::new();
    for name in folder.temporaries()? {
        let name = name.to_string_lossy().into_owned();
        // one that is gone by now was a loader at work
        if let Some(stat) = folder.stat_inside(&name)? {
            leftovers.push(Leftover { name, bytes: stat.st_blocks.unsigned_abs() * 512 });
        }
    }
    Ok(leftovers)
}

fn replaced(processes: &[ProcessReport]) -> Vec<ReplacedSegment> {
    let mut segments: Vec<ReplacedSegment> = Vec::new();
    for process in processes.iter().filter(|process| process.segment == SegmentState::Replaced) {
        let (inode, bytes) = (process.segment_inode, process.segment_mapped_bytes);
        match segments.iter_mut().find(|segment| segment.inode == inode) {
            Some(segment) => {
                segment.bytes = segment.bytes.max(bytes);
                segment.processes += 1;
            }
            None => segments.push(ReplacedSegment { inode, bytes, processes: 1 }),
        }
    }
    segments
}
