//! The file of the decision log: private, of bounded length, in whole lines.

use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// For the owner alone: what is in it is about people.
const MODE: u32 = 0o600;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogFileError {
    /// Another server writes to it.
    #[error("another process writes to {}: each server needs a file of its own", .0.display())]
    InUse(PathBuf),
    /// The system refuses it.
    #[error("{}: {error}", .path.display())]
    System {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// A file that lines are appended to. A pipe or a device, and stdout (`-`) whatever it is, are written to as they are.
pub struct LogFile {
    path: PathBuf,
    file: File,
    /// To be locked and rotated: not stdout, pipes and devices.
    is_regular: bool,
    bytes: u64,
    most_bytes: u64,
}

impl LogFile {
    /// Opens or makes it; what it holds already stays. A line that would make it longer than `most_bytes` begins a new one.
    ///
    /// # Errors
    ///
    /// [`LogFileError`] says why.
    pub fn open(path: &Path, most_bytes: u64) -> Result<Self, LogFileError> {
        let opened = open(path).map_err(|error| LogFileError::System { path: path.to_owned(), error })?;
        let Some((file, is_regular, bytes)) = opened else { return Err(LogFileError::InUse(path.to_owned())) };
        Ok(Self { path: path.to_owned(), file, is_regular, bytes, most_bytes })
    }

    /// Appends a line, which ends with its newline, or nothing.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_regular && self.bytes > 0 && self.bytes + line.len() as u64 > self.most_bytes {
            self.rotate()?;
        }
        let written = self.file.write_all(line);
        match written {
            Ok(()) => self.bytes += line.len() as u64,
            // The beginning of a line, where the disk was full.
            Err(_) if self.is_regular => self.file.set_len(self.bytes)?,
            Err(_) => {}
        }
        written
    }

    /// Keeps the file under the older name, in place of the one before, and begins a new one.
    fn rotate(&mut self) -> io::Result<()> {
        match std::fs::rename(&self.path, older(&self.path)) {
            // Somebody has removed it, or the last time it could not be made anew.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed?,
        }
        let Some((file, is_regular, bytes)) = open(&self.path)? else {
            return Err(io::Error::other("another process has taken the file"));
        };
        (self.file, self.is_regular, self.bytes) = (file, is_regular, bytes);
        Ok(())
    }
}

/// Where the file before this one is kept.
fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// The file, whether it is a regular one, and its length; `None` if another process has it.
fn open(path: &Path) -> io::Result<Option<(File, bool, u64)>> {
    if command_line::is_stream(path) {
        return Ok(Some((io::stdout().as_fd().try_clone_to_owned()?.into(), false, 0)));
    }
    // With both rights, as opening a pipe that nobody reads would wait.
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(MODE).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Some((file, false, 0)));
    }
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    file.set_permissions(Permissions::from_mode(MODE))?;
    let mut bytes = metadata.len();
    if bytes > 0 {
        // The beginning of a line, where a process was killed.
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            bytes += 1;
        }
    }
    Ok(Some((file, true, bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn lines_are_whole_the_file_is_private_and_one_older_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "half a l").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let mut log = LogFile::open(&path, 40).unwrap();
        assert_eq!(mode(&path), 0o600);
        for line in 0..10 {
            log.append(format!("this is line {line}\n").as_bytes()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "this is line 8\nthis is line 9\n");
        assert_eq!(std::fs::read_to_string(older(&path)).unwrap(), "this is line 6\nthis is line 7\n");
        assert_eq!((mode(&path), mode(&older(&path))), (0o600, 0o600));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        log.append(&[b'x'; 100]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 100, "longer than a file may be, and alone in it");
    }

    #[test]
    fn what_is_there_stays_and_a_line_cut_off_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        for (before, after) in [("", "b\n"), ("a\n", "a\nb\n"), ("a", "a\nb\n")] {
            std::fs::write(&path, before).unwrap();
            LogFile::open(&path, 1_000).unwrap().append(b"b\n").unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
        }
    }

    #[test]
    fn two_do_not_write_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let first = LogFile::open(&path, 1_000).unwrap();
        assert!(matches!(LogFile::open(&path, 1_000), Err(LogFileError::InUse(_))));
        drop(first);
        assert!(LogFile::open(&path, 1_000).is_ok());
        let error = LogFile::open(folder.path(), 1_000).err().unwrap().to_string();
        assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
    }

    #[test]
    fn a_full_disk_is_an_error_and_no_half_line() {
        let mut full = LogFile::open(Path::new("/dev/full"), 1_000).unwrap();
        assert_eq!(full.append(b"line\n").unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(full.append(b"line\n").unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
