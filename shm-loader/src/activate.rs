//! Goes back to a generation that was kept: checks it as a load does, and makes it what readers find.

use crate::folder::{LockedFolder, PUBLISHED};
use crate::generation::{Generations, file_name};
use crate::load::confirm;
use crate::segment::Segment;
use crate::step::Step;
use crate::{ActivateError, LoadError, Trust};
use index::InstructionSet;
use scoring::{Contents, ImageInfo};
use std::path::{Path, PathBuf};

/// What `activate` did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Activated {
    /// Where readers find it.
    pub path: PathBuf,
    /// What readers find now.
    pub generation: u64,
    /// What they found before; `null` if that had no number, or if nothing was published.
    pub before: Option<u64>,
    /// It was current already, and nothing was done.
    pub was_current: bool,
    /// As the index states it, verified.
    pub checksum: String,
    /// What the index holds.
    #[serde(flatten)]
    pub contents: Contents,
}

/// Makes the kept generation `number` the current one; the one before is kept in its place.
///
/// # Errors
/// [`ActivateError::Gone`] if there is no such generation, [`ActivateError::Invalid`] if it is not sound any more, else as
/// of [`crate::load`]. What was published before stays so.
pub fn activate(number: u64, dir: &Path) -> Result<Activated, ActivateError> {
    let gone = |path: PathBuf, existing| ActivateError::Gone { path, number, existing };
    let Some(locked) = LockedFolder::lock_existing(dir)? else {
        return Err(gone(dir.into(), Vec::new()));
    };
    Step::Locked.done();
    locked.remove_leftovers().map_err(LoadError::from)?;
    locked.must_have_room_for_the_name().map_err(LoadError::from)?;
    let found = locked.settle().map_err(LoadError::from)?;
    Step::Settled.done();
    if found.named.iter().all(|one| one.number != number) {
        return Err(gone(locked.folder().path().into(), found.named.iter().map(|one| one.number).collect()));
    }
    let activated = make_current(number, dir, &locked, &found)?;
    Ok(activated)
}

fn make_current(
    number: u64,
    dir: &Path,
    locked: &LockedFolder,
    found: &Generations,
) -> Result<Activated, ActivateError> {
    let name = file_name(number);
    let was_current = found.current == Some(number);
    let segment = Segment::attach_in(locked.folder(), &name, &Trust::default()).map_err(LoadError::Unreadable)?;
    // nothing is searched, so any kernel will do
    let info = ImageInfo::check(segment.bytes(), InstructionSet::detect(), &|_, _, _| {})
        .map_err(|source| ActivateError::Invalid { path: locked.folder().path().join(&name), number, source })?;
    Step::Checked.done();
    if !was_current {
        let link = locked.temporary_link(&name).map_err(LoadError::from)?;
        Step::Named.done();
        link.publish().map_err(LoadError::from)?;
        Step::Published.done();
        confirm(dir, locked, segment.id())?;
        Step::Recorded.done();
    }
    Ok(Activated {
        path: locked.folder().path().join(PUBLISHED),
        generation: number,
        before: found.current,
        was_current,
        checksum: info.checksum().to_owned(),
        contents: info.contents(),
    })
}
