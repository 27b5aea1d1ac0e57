//! What lies in shared memory and who maps it.

mod maps;
mod processes;

use crate::folder::{Folder, Lock, PUBLISHED};
use crate::mapping::resident_pages;
use crate::segment::{self, Segment, SegmentId};
use crate::{AttachError, FolderError, Trust};
use index::{Index, Info};
use rustix::fs::{self, FlockOperation};
use rustix::io::Errno;
use rustix::param::page_size;
use std::io;
use std::path::{Path, PathBuf};

/// The state of a folder of segments, and of the processes that map something in it.
///
/// Serialized as it stands; keys are only ever added.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// The folder looked into.
    pub directory: PathBuf,
    /// What is published; `null` if nothing is.
    pub segment: Option<SegmentReport>,
    /// Older segments, not published any more, whose memory readers still hold.
    pub replaced_segments: Vec<ReplacedSegment>,
    /// Unfinished copies: a loader is at work, or was killed.
    pub leftovers: Vec<Leftover>,
    /// Who maps a segment of this folder, by process number.
    pub processes: Vec<ProcessReport>,
    /// Processes whose mappings this user may not read: some of them may map a segment too.
    pub processes_not_readable: u32,
}

/// The published segment.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SegmentReport {
    /// Where it is published.
    pub path: PathBuf,
    /// Its number in the file system.
    pub inode: u64,
    /// Its size.
    pub bytes: u64,
    /// A process, in whatever container, holds the lock that readers hold.
    pub in_use: bool,
    /// Its pages.
    pub pages: Pages,
    /// Counts, checksum, bytes a vector and bytes by section; `null` if the index is not sound.
    pub index: Option<Info>,
    /// What is wrong with the index; `null` if it is sound.
    pub problem: Option<String>,
}

/// How much of the segment is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Pages {
    /// Size of a page.
    pub page_bytes: u64,
    /// Pages of the segment.
    pub total: u64,
    /// Pages of them that are in memory; with `st_blocks` those that are in swap count too.
    pub resident: u64,
    /// Who told: `mincore`, or `st_blocks` where the segment belongs to another user, whom mincore does not answer.
    pub source: &'static str,
}

/// A segment without a name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ReplacedSegment {
    /// Its number in the file system.
    pub inode: u64,
    /// The largest mapping of it.
    pub bytes: u64,
    /// Processes that map it.
    pub processes: u32,
}

/// An unfinished copy.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Leftover {
    /// Its name in the folder.
    pub name: String,
    /// Memory it takes.
    pub bytes: u64,
}

/// A process that maps a segment; once for each segment it maps.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProcessReport {
    /// Its number, as seen from here.
    pub pid: u32,
    /// Its command line, cut to 200 bytes, control characters replaced.
    pub command: String,
    /// What it maps.
    pub segment: SegmentState,
    /// The segment's number in the file system.
    pub segment_inode: u64,
    /// Bytes of the segment that are mapped.
    pub segment_mapped_bytes: u64,
    /// Bytes of the segment that the process has touched.
    pub segment_rss_bytes: u64,
    /// The process's share of them: each page divided by the number of its users.
    pub segment_pss_bytes: u64,
    /// Memory of its own: anonymous pages.
    pub anonymous_rss_bytes: u64,
    /// Everything it has in memory.
    pub rss_bytes: u64,
    /// Everything, shared pages divided by the number of their users.
    pub pss_bytes: u64,
}

/// What a mapped segment is to the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SegmentState {
    /// It is what readers attach to now.
    Published,
    /// It was replaced or unloaded.
    Replaced,
    /// A loader is verifying it.
    Loading,
}

/// Why nothing can be told.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The segment cannot be used.
    #[error(transparent)]
    Segment(#[from] AttachError),
    /// The kernel refused.
    #[error("cannot look at the segment in {}", path.display())]
    Io {
        /// The folder asked for.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// No process can be seen.
    #[error("cannot list the processes in /proc: is it mounted?")]
    Processes(#[source] io::Error),
}

/// Looks into `dir` and at every process. A folder that is missing or empty is a report, not an error.
pub fn inspect(dir: &Path) -> Result<Report, InspectError> {
    inspect_trusting(dir, &Trust::default())
}

/// [`inspect`], also of what others published that are trusted.
pub fn inspect_trusting(dir: &Path, trust: &Trust) -> Result<Report, InspectError> {
    let folder = match Folder::open(dir) {
        Ok(folder) => folder,
        Err(FolderError::Missing { path }) => return Ok(Report::empty(path)),
        Err(error) => return Err(error.into()),
    };
    // our own mapping is gone again before the processes are looked at
    let segment = published(&folder, trust)?;
    let published = segment.as_ref().map(|segment| segment.inode);
    let scan = processes::scan(&folder, published)?;
    Ok(Report {
        directory: folder.path().into(),
        segment,
        replaced_segments: replaced(&scan.processes),
        leftovers: leftovers(&folder)?,
        processes: scan.processes,
        processes_not_readable: scan.not_readable,
    })
}

impl Report {
    fn empty(directory: PathBuf) -> Self {
        Self {
            directory,
            segment: None,
            replaced_segments: Vec::new(),
            leftovers: Vec::new(),
            processes: Vec::new(),
            processes_not_readable: 0,
        }
    }
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
    let (index, problem) = match Index::open(segment.bytes()) {
        Ok(index) => (Some(index.info()), None),
        Err(error) => (None, Some(error.to_string())),
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
