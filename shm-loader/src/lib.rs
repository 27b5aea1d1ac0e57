//! Segments in shared memory: publish a whole index or nothing, attach to it, show who maps it.
//!
//! A *segment* is one index file, of references or of rows, in one folder of a memory file system. Readers only ever see the name
//! [`PUBLISHED`]; it appears by one `rename` of a finished, verified copy, so that a reader finds the old segment
//! or the new one and never a part of either. Readers keep the segment they mapped: replacing or removing the
//! name does not disturb them, and the memory is freed when the last of them ends.
//!
//! | in the folder | what it is |
//! |---|---|
//! | `current.index` | the published segment, mode 0444 |
//! | `.verified` | the loader's record that it checked the segment, mode 0444 |
//! | `generation-N.index` | generation N, as long as it is current or kept: the current one is the same file as `current.index` |
//! | `.last-generation` | the highest number that was given |
//! | `.readers` | who reads generation N holds a lock on its byte N; empty, mode 0444 |
//! | `.lock` | the process that holds an exclusive `flock` on it loads or unloads; mode 0600, empty |
//! | `.loading-PID` | a copy that is not finished; removed by its loader, or by the next one if that was killed |
//!
//! Readers hold a shared `flock` on the segment itself for as long as they live, which tells across containers,
//! where process numbers mean nothing, whether a segment is still in use.
//!
//! ```
//! use index::InstructionSet;
//! use shm_loader::{Segment, load};
//! # use space::{Label, Point};
//! # fn image() -> Vec<u8> {
//! #     let (vectors, labels) = ([Point::new([0; 14]).expect("in range"); 5], [Label::Legit; 5]);
//! #     scoring::build(&vectors, &labels, &schema::Rules::default(), &|_, _, _| {}).expect("five references")
//! # }
//!
//! let root = tempfile::tempdir()?;
//! let (file, dir) = (root.path().join("an.index"), root.path().join("segments"));
//! std::fs::write(&file, image())?;
//!
//! let published = load(&file, &dir, &|_, _, _| {})?;
//! let segment = Segment::attach(&dir)?;
//! assert_eq!(segment.bytes().len() as u64, published.bytes);
//! let generation = scoring::Generation::open(segment, InstructionSet::detect())?;
//! assert_eq!(generation.index().info().references, 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod activate;
pub mod command;
mod copy;
mod error;
mod folder;
mod generation;
mod index_file;
mod inspect;
mod limit;
mod load;
mod mapping;
mod program;
mod readers;
mod record;
mod replaced;
mod segment;
mod source;
mod step;
mod trust;
mod unload;
mod user;

pub use activate::{Activated, activate};
pub use copy::{CopyError, Reader};
pub use error::{ActivateError, AttachError, FolderError, LoadError, SourceError};
pub use folder::{PUBLISHED, is_in_memory};
pub use index_file::IndexFile;
pub use inspect::{
    Check, GenerationReport, GenerationState, InspectError, Inspection, Leftover, Pages, ProcessReport,
    ReplacedSegment, SegmentReport, SegmentState, inspect, inspect_trusting, inspect_with,
};
pub use limit::memory_room;
pub use load::{Options, Published, load, load_with};
pub use program::{call_commands, commands, load_command};
pub use segment::{Segment, SegmentId, SegmentVersion};
pub use space::Progress;
pub use step::Step;
pub use trust::Trust;
pub use unload::{Unloaded, unload, unload_all};

/// Where segments live unless `--shm-dir` or `FRAUDRING_SHM_DIR` says otherwise.
pub const DEFAULT_DIR: &str = "/dev/shm/fraudring";
