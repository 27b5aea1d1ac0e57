//! Removes the published segment and those that are kept; readers keep what they mapped until they end.

use crate::LoadError;
use crate::folder::LockedFolder;
use crate::inspect::in_use;
use crate::record;
use std::path::Path;

/// What `unload_all` found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unloaded {
    /// A segment was published and is not any more.
    pub segment_removed: bool,
    /// Generations that were kept beside it and are not any more.
    pub kept_removed: usize,
    /// Readers still map it: its memory is freed when the last of them ends.
    pub still_in_use: bool,
    /// Unfinished copies of killed loaders that were removed.
    pub leftovers_removed: usize,
}

/// Removes the published segment, those that are kept (and leftovers of a crashed loader); true if there was one.
///
/// # Errors
/// The folder is not to be trusted, another loader is at work in it, or the kernel refuses to remove.
pub fn unload(dir: &Path) -> Result<bool, LoadError> {
    unload_all(dir).map(|unloaded| unloaded.segment_removed)
}

/// [`unload`], telling all it did. A folder that does not exist has nothing in it: no error.
///
/// # Errors
/// As of [`unload`].
pub fn unload_all(dir: &Path) -> Result<Unloaded, LoadError> {
    let Some(locked) = LockedFolder::lock_existing(dir)? else {
        return Ok(Unloaded { segment_removed: false, kept_removed: 0, still_in_use: false, leftovers_removed: 0 });
    };
    // asked before the name is gone; a segment that cannot be opened is removed all the same
    let still_in_use = in_use(locked.folder()).unwrap_or(false);
    // worth nothing without the segment, and replaced with the next
    let _ = record::remove(locked.folder());
    // so that a number is not given twice, also to what a killed loader published
    let found = locked.settle()?;
    let segment_removed = locked.remove_published()?;
    for one in &found.named {
        locked.remove_generation(one.number)?;
    }
    Ok(Unloaded {
        segment_removed,
        kept_removed: found.kept().count(),
        still_in_use,
        leftovers_removed: locked.remove_leftovers()?,
    })
}
