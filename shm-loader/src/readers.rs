//! Who reads which generation, also of those whose name is gone: locks on bytes of one file, that the kernel drops with
//! the process.
//!
//! A reader of generation N holds a shared lock on byte N of the empty file `.readers` as long as it maps the generation.
//! The locks belong to the open file (`F_OFD_SETLK`), so they do not depend on process numbers, which mean nothing in
//! another container, and may be taken through a read-only mount. The file stays, so nothing of it has to be cleaned up.
//!
//! Whoever may read the file may hold such a lock, and by one on a replaced generation keep new ones away. No lock ever
//! keeps a reader away.
#![allow(unsafe_code)]

use crate::folder::Folder;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// The file's name in the folder.
const READERS: &str = ".readers";
/// The most ranges that are asked for, so that a stranger's locks cannot keep a loader busy.
const MOST_RANGES: usize = 256;

/// A lock on one generation's byte; it ends with the value.
#[derive(Debug)]
pub(crate) struct Reading(File);

impl Reading {
    /// Tells that generation `number` is read. `None` where no loader has made the file, or the kernel has no such locks:
    /// then nobody can tell, and reading goes on.
    pub(crate) fn begin(folder: &Folder, number: u64) -> Option<Self> {
        let file = open(folder).ok()?;
        let number = libc::off_t::try_from(number).ok()?;
        lock(&file, libc::F_OFD_SETLK, libc::F_RDLCK, number, 1).ok()?;
        Some(Self(file))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // A process that another thread is just starting has a copy of the descriptor, so that closing is not enough.
        let _ = lock(&self.0, libc::F_OFD_SETLK, libc::F_UNLCK, 0, 0);
    }
}

/// Makes the file if it is missing, readable by everybody.
pub(crate) fn create(folder: &Folder) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let wanted = Mode::from_raw_mode(0o444);
    let file = folder.open_inside(READERS, flags, wanted)?;
    Ok(rustix::fs::fchmod(&file, wanted)?)
}

/// Numbers from 1 to `last` that are read by somebody. Empty where nobody can tell.
pub(crate) fn numbers_read(folder: &Folder, last: u64) -> Vec<u64> {
    let Ok(file) = open(folder) else { return Vec::new() };
    let mut numbers = Vec::new();
    let mut open_ranges = vec![(1, libc::off_t::try_from(last).unwrap_or(libc::off_t::MAX))];
    for _ in 0..MOST_RANGES {
        let Some((from, to)) = open_ranges.pop() else { break };
        if from > to {
            continue;
        }
        let Ok(Some((start, end))) = lock(&file, libc::F_OFD_GETLK, libc::F_WRLCK, from, to - from + 1) else {
            continue;
        };
        // one that locks several at once is no reader of ours; it counts for the first
        let (start, end) = (start.max(from), end.min(to));
        numbers.push(start.unsigned_abs());
        open_ranges.extend([(from, start - 1), (end.saturating_add(1), to)]);
    }
    numbers.sort_unstable();
    numbers
}

fn open(folder: &Folder) -> Result<File, rustix::io::Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    folder.open_inside(READERS, flags, Mode::empty())
}

/// One call; what it found in the way, as first and last byte.
fn lock(
    file: &File,
    command: libc::c_int,
    kind: libc::c_int,
    start: libc::off_t,
    length: libc::off_t,
) -> io::Result<Option<(libc::off_t, libc::off_t)>> {
    // SAFETY: all fields are integers, for which zero is a value.
    let mut range: libc::flock = unsafe { std::mem::zeroed() };
    range.l_type = kind as libc::c_short;
    range.l_whence = libc::SEEK_SET as libc::c_short;
    (range.l_start, range.l_len) = (start, length);
    loop {
        // SAFETY: the descriptor is open, and the commands read and write nothing but `range`, which outlives the call.
        if unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut range) } == 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let is_in_the_way = command == libc::F_OFD_GETLK && range.l_type != libc::F_UNLCK as libc::c_short;
    let end = if range.l_len == 0 { libc::off_t::MAX } else { range.l_start + range.l_len - 1 };
    Ok(is_in_the_way.then_some((range.l_start, end)))
}
