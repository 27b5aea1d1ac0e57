//! What lies in shared memory and who maps it.

mod inspection;
mod maps;
mod processes;

pub use inspection::{
    InspectError, Inspection, Leftover, Pages, ProcessReport, ReplacedSegment, SegmentReport, SegmentState,
};

use crate::folder::{Folder, Lock, PUBLISHED};
use crate::mapping::resident_pages;
use crate::segment::{self, Segment, SegmentId};
use crate::{AttachError, FolderError, Trust};
use rustix::fs::{self, FlockOperation};
use rustix::io::Errno;
use rustix::param::page_size;
use std::io;
use std::path::Path;

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
    let folder = match Folder::open(dir) {
        Ok(folder) => folder,
        Err(FolderError::Missing { path }) => return Ok(Inspection::empty(path)),
        Err(error) => return Err(error.into()),
    };
    // our own mapping is gone again before the processes are looked at
    let segment = published(&folder, trust)?;
    let published = segment.as_ref().map(|segment| segment.inode);
    let scan = processes::scan(&folder, published)?;
    Ok(Inspection {
        directory: folder.path().into(),
        segment,
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

fn published(folder: &Folder, trust: &Trust) -> Result<Option<SegmentReport>, InspectError> {
    let in_use = in_use(folder)?;
    let segment = match Segment::attach_in(folder, PUBLISHED, trust) {
        Ok(segment) => segment,
        Err(AttachError::NoSegment { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // before validating, which reads pages back from swap
    let pages = pages(&segment).map_err(|source| InspectError::Io { path: folder.path().into(), source })?;
    let validated = command_line::kernel()
        .map_err(|error| error.to_string())
        .and_then(|kernel| scoring::validate(segment.bytes(), kernel).map_err(|error| error.to_string()));
    let (index, problem) = match validated {
        Ok(index) => (Some(index.info()), None),
        Err(problem) => (None, Some(problem)),
    };
    let SegmentId { inode, .. } = segment.id();
    let bytes = segment.bytes().len() as u64;
    Ok(Some(SegmentReport { path: folder.path().join(PUBLISHED), inode, bytes, in_use, pages, index, problem }))
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
    Ok(Pages { page_bytes, total, resident, source })
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
