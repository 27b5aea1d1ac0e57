//! What an inspection finds.

use crate::{AttachError, FolderError};
use scoring::ImageInfo;
use std::io;
use std::path::PathBuf;

/// The state of a folder of segments, and of the processes that map something in it.
///
/// Serialized as it stands; keys are only ever added.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Inspection {
    /// The folder looked into.
    pub directory: PathBuf,
    /// What is published; `null` if nothing is.
    pub segment: Option<SegmentReport>,
    /// What has a number: the current one, those that are kept, and those that were replaced and are still read.
    pub generations: Vec<GenerationReport>,
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
    /// Its number in the folder; `null` if an older loader, or a hand, published it.
    pub generation: Option<u64>,
    /// Its number in the file system.
    pub inode: u64,
    /// Its size.
    pub bytes: u64,
    /// A process, in whatever container, holds the lock that readers hold.
    pub in_use: bool,
    /// Its pages.
    pub pages: Pages,
    /// Counts and checksum; of references bytes a vector and bytes by section, of rows the schema; `null` if it is not sound.
    pub index: Option<ImageInfo>,
    /// Who read all bytes of it: `loader`, whose record is in order, or `inspection`.
    pub checked_by: &'static str,
    /// What is wrong with the index; `null` if it is sound.
    pub problem: Option<String>,
}

/// One generation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct GenerationReport {
    /// Its number.
    pub number: u64,
    /// What it is to the folder.
    pub state: GenerationState,
    /// A reader, in whatever container, holds the lock on its number.
    pub read: bool,
    /// Its number in the file system; `null` if it has no name any more.
    pub inode: Option<u64>,
    /// Its size; `null` if it has no name any more.
    pub bytes: Option<u64>,
    /// `true` if all its bytes were checked and are sound, `false` if they are not; `null` if nobody was asked to check.
    pub sound: Option<bool>,
    /// What is wrong with it; `null` if nothing is, or nothing was checked.
    pub problem: Option<String>,
}

/// What a generation is to the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GenerationState {
    /// Readers attach to it now.
    Current,
    /// It can be activated.
    Kept,
    /// It has no name any more, and readers hold it.
    Replaced,
    /// A loader is about to publish it, or was killed.
    Unfinished,
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
    /// Bytes of the segment that a mapping reaches by huge pages; `null` where the kernel does not tell.
    pub huge_bytes: Option<u64>,
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
    /// Bytes of them that it reaches by huge pages; `null` where the kernel does not tell.
    pub segment_huge_bytes: Option<u64>,
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
    /// It is kept, and can be activated.
    Kept,
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

impl Inspection {
    pub(super) fn empty(directory: PathBuf) -> Self {
        Self {
            directory,
            segment: None,
            generations: Vec::new(),
            replaced_segments: Vec::new(),
            leftovers: Vec::new(),
            processes: Vec::new(),
            processes_not_readable: 0,
        }
    }
}
