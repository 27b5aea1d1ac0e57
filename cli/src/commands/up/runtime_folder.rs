//! The folder of a running `up`: the servers' sockets and haproxy's configuration.
//!
//! It ends with its `up`. One that was killed leaves it behind, for the next to remove: every folder holds a file that
//! its `up` keeps locked, and the kernel drops locks of dead processes.
//!
//! Sockets are named relative to the folder, which is the working folder of those who use them: so neither the length
//! of its path nor the bytes in it matter. A socket's address holds 107 bytes, haproxy's own limit is 97, and both
//! haproxy's configuration and the servers' command line want text.

use crate::console::advice::Advise;
use anyhow::{Context, Result};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What these folders are called; the rest of the name is drawn.
const PREFIX: &str = "fraudring-up-";

/// The file that is locked.
const LOCK: &str = "lock";

/// The file that names the folder in shared memory.
const SHM_DIR: &str = "shm-dir";

/// The folder of another `up` of this user that runs now.
pub struct RunningFolder {
    path: PathBuf,
    descriptor: OwnedFd,
    /// What it serves from.
    pub shm_dir: PathBuf,
}

impl RunningFolder {
    /// All there are among the temporary files, in the order of their names.
    pub fn all() -> Vec<Self> {
        Self::all_in(&std::env::temp_dir())
    }

    fn all_in(parent: &Path) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
        let mut running: Vec<Self> = ours(entries).filter_map(|path| Self::open(path).ok()?).collect();
        running.sort_by(|one, other| one.path.cmp(&other.path));
        running
    }

    /// `None` for a folder that is left behind, is another user's or tells nothing yet.
    fn open(path: PathBuf) -> io::Result<Option<Self>> {
        let found = std::fs::symlink_metadata(&path)?;
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
            return Ok(None);
        }
        let lock = open(path.join(LOCK), OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        if flock(&lock, FlockOperation::NonBlockingLockShared).is_ok() {
            return Ok(None);
        }
        let shm_dir = OsString::from_vec(std::fs::read(path.join(SHM_DIR))?).into();
        let descriptor = open(&path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Some(Self { path, descriptor, shm_dir }))
    }

    /// The admin sockets of its servers, in their order, for this process only.
    pub fn admin_sockets(&self) -> Vec<PathBuf> {
        let is_there = |number: &usize| self.path.join(admin_socket(*number)).exists();
        let numbers = (0..MOST_SERVERS).take_while(is_there);
        numbers.map(|number| short_path(&self.descriptor, &admin_socket(number))).collect()
    }
}

/// Most servers of one system.
pub const MOST_SERVERS: usize = 8;

/// The admin socket of a server, counted from 0.
pub fn admin_socket(number: usize) -> String {
    format!("{}.admin", number + 1)
}

fn short_path(folder: &OwnedFd, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))
}

/// Paths of what is called as these folders are.
fn ours(entries: std::fs::ReadDir) -> impl Iterator<Item = PathBuf> {
    let is_ours = |entry: &std::fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
    entries.flatten().filter(is_ours).map(|entry| entry.path())
}

/// Removed when dropped.
pub struct RuntimeFolder {
    folder: TempDir,
    descriptor: OwnedFd,
    _lock: File,
}

impl RuntimeFolder {
    /// Makes one in the folder for temporary files.
    pub fn make() -> Result<Self> {
        Self::make_in(&std::env::temp_dir())
    }

    fn make_in(parent: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(parent)
            .context("cannot make a folder for the sockets")
            .advise(|| "name a writable folder with TMPDIR".to_owned())?;
        let named = || format!("cannot use {}", folder.path().display());
        let lock = lock_anew(folder.path()).with_context(named)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = open(folder.path(), flags, Mode::empty()).with_context(named)?;
        Ok(Self { folder, descriptor, _lock: lock })
    }

    /// Tells others which folder in shared memory this system serves from.
    pub fn note_shm_dir(&self, shm_dir: &Path) -> Result<()> {
        let file = self.path().join(SHM_DIR);
        std::fs::write(&file, shm_dir.as_os_str().as_bytes())
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path of what is called `name` in it that fits into a socket's address, for this process only.
    pub fn short_path(&self, name: &str) -> PathBuf {
        short_path(&self.descriptor, name)
    }
}

/// The file appears under its name when it is locked: another process must not find it unlocked and remove the folder.
fn lock_anew(folder: &Path) -> io::Result<File> {
    let unfinished = folder.join("lock.new");
    let file = File::create_new(&unfinished)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    std::fs::rename(&unfinished, folder.join(LOCK))?;
    Ok(file)
}

/// Removes the folders that killed `up`s of this user left among the temporary files; their number.
pub fn remove_left_behind() -> usize {
    remove_left_behind_in(&std::env::temp_dir())
}

fn remove_left_behind_in(parent: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(parent) else { return 0 };
    // what cannot be removed is no reason not to start
    ours(entries).filter(|path| remove_if_left_behind(path).unwrap_or(false)).count()
}

fn remove_if_left_behind(folder: &Path) -> io::Result<bool> {
    let found = std::fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        return Ok(false);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let lock = open(folder.join(LOCK), flags, Mode::empty())?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    std::fs::remove_dir_all(folder)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::{UnixListener, UnixStream};

    /// The path of a folder whose `up` was killed.
    fn left_behind(parent: &Path) -> PathBuf {
        let killed = RuntimeFolder::make_in(parent).unwrap();
        std::fs::write(killed.path().join("haproxy.cfg"), "global").unwrap();
        drop(UnixListener::bind(killed.path().join("1.sock")).unwrap());
        killed.folder.keep()
    }

    #[test]
    fn what_a_killed_up_left_is_removed_and_a_running_one_keeps_its_own() {
        let parent = tempfile::tempdir().unwrap();
        let running = RuntimeFolder::make_in(parent.path()).unwrap();
        let killed = left_behind(parent.path());
        assert_eq!(remove_left_behind_in(parent.path()), 1);
        assert!(!killed.exists() && running.path().join(LOCK).exists());
        assert_eq!(remove_left_behind_in(parent.path()), 0);
        drop(running);
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_not_certainly_left_behind_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let killed = left_behind(elsewhere.path());
        let path = |name: &str| parent.path().join(name);
        // one that has no lock yet, another program's, a file, and a link to what would be removed in its own place
        std::fs::create_dir(path("fraudring-up-young")).unwrap();
        std::fs::create_dir(path("fraudring-backup")).unwrap();
        std::fs::write(path("fraudring-backup/lock"), "").unwrap();
        std::fs::write(path("fraudring-up-file"), "").unwrap();
        std::os::unix::fs::symlink(&killed, path("fraudring-up-link")).unwrap();
        // and one whose lock leads out of it
        std::fs::create_dir(path("fraudring-up-lured")).unwrap();
        std::os::unix::fs::symlink(killed.join(LOCK), path("fraudring-up-lured/lock")).unwrap();
        assert_eq!(remove_left_behind_in(parent.path()), 0);
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 5);
        assert!(killed.join("haproxy.cfg").exists());
    }

    #[test]
    fn a_socket_in_a_folder_with_a_long_path_can_be_reached() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("x".repeat(200));
        std::fs::create_dir(&long).unwrap();
        let folder = RuntimeFolder::make_in(&long).unwrap();
        let socket = folder.short_path("1.sock");
        let _listener = UnixListener::bind(&socket).unwrap();
        assert!(folder.path().join("1.sock").exists());
        UnixStream::connect(&socket).unwrap();
    }
}
