//! Generations that were replaced and are still read: their memory is in use and nobody can take it back.

use crate::folder::{Folder, LockedFolder};
use crate::generation::Generations;
use crate::{CopyError, LoadError, readers};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The most generations in memory that are not kept: the new one, and one that readers have not left yet.
const MOST_IN_MEMORY: usize = 2;
/// How often readers are looked for while loading waits for them.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Numbers of generations without a name that somebody reads.
pub(crate) fn still_read(folder: &Folder, found: &Generations) -> Vec<u64> {
    let mut numbers = readers::numbers_read(folder, found.highest());
    numbers.retain(|number| found.named.iter().all(|one| one.number != *number));
    numbers
}

/// Waits at most `patience` until one more generation may be loaded.
pub(crate) fn wait_for_readers(
    locked: &LockedFolder,
    found: &Generations,
    patience: Duration,
    stop: &AtomicBool,
    file: &Path,
) -> Result<(), LoadError> {
    let folder = locked.folder();
    let begun = Instant::now();
    let to_be_replaced = usize::from(found.published.is_some());
    loop {
        let numbers = still_read(folder, found);
        if numbers.is_empty() || numbers.len() + to_be_replaced < MOST_IN_MEMORY {
            return Ok(());
        }
        if begun.elapsed() >= patience {
            return Err(LoadError::StillRead { path: folder.path().into(), numbers });
        }
        if stop.load(Ordering::Relaxed) {
            return Err(LoadError::Copy { file: file.into(), source: CopyError::Stopped });
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
