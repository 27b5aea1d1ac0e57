//! The loader's record that it has checked the published segment, so that readers need not check it again.
//!
//! The record is one line in a file of its own. It names the program that checked and the file that was checked: device,
//! inode, size, and the times of the last change of its bytes and of its inode. A reader writes the line anew from what
//! the kernel tells of the segment it has open, and compares. A write, a truncation, a replacement, a change of name or
//! mode since has changed one of them. What differs, is missing or cannot be read is no record: the reader checks all by
//! itself.
//!
//! What the record does not notice is a write through a writable mapping, which leaves the times of a tmpfs file alone,
//! and times that were set back. Both take the right to open the segment for writing, so they are left to those who could
//! exchange the reader itself: folder, segment and record must be root's or the reader's own, and writable by nobody
//! else. The bytes must lie in memory (tmpfs), as a disk may lose what was written and keep the inode.

use crate::folder::Folder;
use crate::user;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Write};

/// The record's name in the folder.
pub(crate) const RECORD: &str = ".verified";
/// More than any line.
const LINE_BYTES: u64 = 512;

/// Records that `segment`, which is published in `folder`, was checked.
pub(crate) fn write(folder: &Folder, segment: &Stat) -> Result<(), Errno> {
    remove(folder)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = folder.open_inside(RECORD, flags, Mode::from_raw_mode(0o600))?;
    // a part of the line is no record
    file.write_all(line(segment).as_bytes()).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    fs::fchmod(&file, Mode::from_raw_mode(0o444))
}

/// Removes the record if there is one.
pub(crate) fn remove(folder: &Folder) -> Result<(), Errno> {
    match fs::unlinkat(folder.descriptor(), RECORD, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the loader has recorded that it checked `segment`, an open file with these `stat`s.
pub(crate) fn vouches_for(folder: &Folder, segment: &File, stat: &Stat) -> bool {
    let is_in_memory = fs::fstatfs(segment).is_ok_and(|system| system.f_type == libc::TMPFS_MAGIC);
    let is_trusted = is_in_memory && is_ours_alone(stat) && folder.stat().is_ok_and(|stat| is_ours_alone(&stat));
    is_trusted && read(folder).is_some_and(|found| found == line(stat))
}

fn read(folder: &Folder) -> Option<String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = folder.open_inside(RECORD, flags, Mode::empty()).ok()?;
    let stat = fs::fstat(&file).ok()?;
    let mut text = String::new();
    if FileType::from_raw_mode(stat.st_mode).is_file() && is_ours_alone(&stat) {
        file.take(LINE_BYTES).read_to_string(&mut text).ok()?;
    }
    Some(text)
}

/// Whether nobody but root and the user of this process can change it.
fn is_ours_alone(stat: &Stat) -> bool {
    (stat.st_uid == 0 || user::is_own(stat.st_uid)) && stat.st_mode & 0o022 == 0
}

fn line(segment: &Stat) -> String {
    let Stat { st_dev, st_ino, st_size, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec, .. } = segment;
    format!(
        "checked by {} device {st_dev} inode {st_ino} bytes {st_size} written {st_mtime}.{st_mtime_nsec:09} changed \
         {st_ctime}.{st_ctime_nsec:09}\n",
        command_line::version()
    )
}
