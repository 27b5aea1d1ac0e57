//! Generations: what was published in a folder, numbered from 1 in the order of loading.
//!
//! A generation has the name `generation-N.index` as long as it is current or kept; the current one is the same file as
//! the published name. The highest number ever given stands in a file of its own, so that it survives activations of
//! older generations and the removal of all.

use crate::FolderError;
use crate::folder::{Folder, LockedFolder, PUBLISHED};
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::io::{Read, Write};

const PREFIX: &str = "generation-";
const SUFFIX: &str = ".index";
/// Where the highest number stands.
const LAST: &str = ".last-generation";
/// More than any number takes.
const LAST_BYTES: u64 = 32;

/// A generation that has a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    pub(crate) number: u64,
    pub(crate) stat: Stat,
}

/// What lies in a folder, as far as generations go.
#[derive(Debug)]
pub(crate) struct Generations {
    /// The published file.
    pub(crate) published: Option<Stat>,
    /// The published file's number; `None` if an older loader or a hand put it there.
    pub(crate) current: Option<u64>,
    /// All with a name, by number.
    pub(crate) named: Vec<Named>,
    /// The highest number that was ever given, and finished.
    pub(crate) last: u64,
}

impl Generations {
    pub(crate) fn in_folder(folder: &Folder) -> Result<Self, FolderError> {
        let published = folder.stat_inside(PUBLISHED)?;
        let named = named(folder)?;
        let current = published.as_ref().and_then(|stat| number_among(&named, stat));
        Ok(Self { published, current, named, last: last(folder) })
    }

    /// Those that `activate` can go back to.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Named> {
        self.named.iter().filter(|one| Some(one.number) != self.current && one.number <= self.last)
    }

    /// Those that a killed loader named and did not publish.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &Named> {
        self.named.iter().filter(|one| Some(one.number) != self.current && one.number > self.last)
    }

    /// The highest number that was ever published.
    pub(crate) fn highest(&self) -> u64 {
        self.last.max(self.current.unwrap_or(0))
    }
}

/// The name of a generation in its folder.
pub(crate) fn file_name(number: u64) -> String {
    format!("{PREFIX}{number}{SUFFIX}")
}

/// The number in a name; `None` if it is not a generation's.
pub(crate) fn number_in(name: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(name).ok()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    // no sign, no zeros in front: each number has one name
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // a lock on a byte further on is none
    digits.parse().ok().filter(|number| i64::try_from(*number).is_ok_and(|number| number < i64::MAX))
}

/// The number of a file that was opened under the published name; `None` if it has none (any more).
pub(crate) fn number_of(folder: &Folder, file: &Stat) -> Option<u64> {
    number_among(&named(folder).ok()?, file)
}

fn number_among(named: &[Named], file: &Stat) -> Option<u64> {
    let is_it = |one: &&Named| (one.stat.st_dev, one.stat.st_ino) == (file.st_dev, file.st_ino);
    named.iter().rev().find(is_it).map(|one| one.number)
}

fn named(folder: &Folder) -> Result<Vec<Named>, FolderError> {
    let mut found = Vec::new();
    for name in folder.names_starting_with(PREFIX)? {
        let Some(number) = number_in(name.as_encoded_bytes()) else { continue };
        // one that is gone by now is not there
        if let Some(stat) = folder.stat_inside(&file_name(number))?
            && FileType::from_raw_mode(stat.st_mode).is_file()
        {
            found.push(Named { number, stat });
        }
    }
    found.sort_by_key(|one| one.number);
    Ok(found)
}

/// The highest number that was ever given; 0 where none was, or where nothing sensible is written.
fn last(folder: &Folder) -> u64 {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut text = String::new();
    let file = folder.open_inside(LAST, flags, Mode::empty()).ok();
    let read = file.and_then(|file| file.take(LAST_BYTES).read_to_string(&mut text).ok());
    read.and_then(|_| text.trim_end().parse().ok()).unwrap_or(0)
}

impl LockedFolder {
    /// Gives the file `name` the name of generation `number` as well.
    pub(crate) fn name_generation(&self, name: &str, number: u64) -> Result<(), FolderError> {
        let inside = self.folder().descriptor();
        fs::linkat(inside, name, inside, file_name(number), AtFlags::empty())
            .map_err(|error| self.folder().io("name the generation in", error))
    }

    /// Takes a generation's name; its memory goes when no reader has it any more.
    pub(crate) fn remove_generation(&self, number: u64) -> Result<(), FolderError> {
        match fs::unlinkat(self.folder().descriptor(), file_name(number), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.folder().io("remove a generation in", error)),
        }
    }

    /// Records that `number` was given, whole or not at all.
    pub(crate) fn count(&self, number: u64) -> Result<(), FolderError> {
        let failed = |error| self.folder().io("record the generation's number in", error);
        let temporary = self.temporary_for("number")?;
        let written = temporary.file().write_all(format!("{number}\n").as_bytes());
        written.map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        temporary.make_read_only()?;
        temporary.rename_to(LAST)
    }

    /// Brings numbers and names in order that a killed loader, or an older one, left: what was published is counted, and
    /// what was named and not published is removed.
    pub(crate) fn settle(&self) -> Result<Generations, FolderError> {
        let mut found = Generations::in_folder(self.folder())?;
        for one in found.unfinished() {
            self.remove_generation(one.number)?;
        }
        let highest = found.highest();
        found.named.retain(|one| one.number <= highest);
        if highest > found.last {
            self.count(highest)?;
            found.last = highest;
        }
        Ok(found)
    }

    /// Keeps `count` generations beside the current one and takes the names of the others. Of those that could be kept
    /// `replaced`, the one that was current until now, comes first, and then the highest numbers.
    pub(crate) fn keep(&self, count: usize, replaced: Option<u64>) -> Result<Vec<u64>, FolderError> {
        let found = Generations::in_folder(self.folder())?;
        let mut numbers: Vec<u64> = found.kept().map(|one| one.number).collect();
        numbers.sort_by_key(|number| std::cmp::Reverse((Some(*number) == replaced, *number)));
        let surplus = numbers.split_off(count.min(numbers.len()));
        for number in surplus {
            self.remove_generation(number)?;
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_one_name() {
        assert_eq!(number_in(file_name(1).as_bytes()), Some(1));
        assert_eq!(number_in(file_name(1234567).as_bytes()), Some(1_234_567));
        for name in ["generation-0.index", "generation-01.index", "generation-+1.index", "generation-.index"] {
            assert_eq!(number_in(name.as_bytes()), None, "{name}");
        }
        for name in
            ["generation-1", "generation-1.index.index", "current.index", "generation-9223372036854775807.index"]
        {
            assert_eq!(number_in(name.as_bytes()), None, "{name}");
        }
    }
}
