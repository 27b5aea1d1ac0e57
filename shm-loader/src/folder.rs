//! The folder that segments lie in: whose it must be, its lock, the names in it.

use crate::{FolderError, LoadError, user};
use rustix::fs::{self, AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The name under which readers find the segment.
pub const PUBLISHED: &str = "current.index";
const LOCK: &str = ".lock";
const TEMPORARY_PREFIX: &str = ".loading-";
/// The `f_type` of tmpfs, ramfs and hugetlbfs.
const MEMORY_FILE_SYSTEMS: [u64; 3] = [0x0102_1994, 0x8584_58f6, 0x9584_58f6];

/// An open folder; everything in it is reached through this descriptor, so that a folder that is swapped for
/// another one behind our back cannot redirect us.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    descriptor: OwnedFd,
}

/// A folder that only this process loads into and unloads from until the value is dropped.
#[derive(Debug)]
pub(crate) struct LockedFolder {
    folder: Folder,
    _lock: Lock,
}

/// A `flock` that ends with the value. Closing the file is not enough: a process that another thread is just
/// starting has a copy of the descriptor until its `exec`.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Folder {
    /// Opens an existing folder for looking into it.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        // without the trailing slash of `link/`, which would follow the link
        let path: PathBuf = path.components().collect();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match fs::open(&path, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Self { path, descriptor }),
            Err(Errno::NOENT) => Err(FolderError::Missing { path }),
            Err(Errno::NOTDIR | Errno::LOOP) => Err(FolderError::NotAFolder { path }),
            Err(error) => Err(FolderError::Io { action: "open the folder", path, source: error.into() }),
        }
    }

    /// Opens the folder for loading, creating it if nothing is there.
    fn open_or_create(path: &Path) -> Result<Self, FolderError> {
        match Self::open(path) {
            Err(FolderError::Missing { path }) => {
                let failed = |source: Errno| FolderError::Io {
                    action: "create the folder",
                    path: path.clone(),
                    source: source.into(),
                };
                let wanted = Mode::from_raw_mode(0o755);
                match fs::mkdir(&path, wanted) {
                    Ok(()) => {
                        let folder = Self::open(&path)?;
                        // the umask may have taken from readers what they need
                        fs::fchmod(&folder.descriptor, wanted).map_err(failed)?;
                        Ok(folder)
                    }
                    // another loader was quicker
                    Err(Errno::EXIST) => Self::open(&path),
                    Err(error) => Err(failed(error)),
                }
            }
            other => other,
        }
    }

    /// Takes the folder's lock without waiting.
    fn lock(self) -> Result<LockedFolder, LoadError> {
        self.must_be_ours()?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        // only its owner may open it: a lock that everybody may take is a lock that anybody may keep
        let lock = self.open_inside(LOCK, flags, Mode::from_raw_mode(0o600)).map_err(|error| self.io("lock", error))?;
        match Lock::take(lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(lock) => Ok(LockedFolder { folder: self, _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(LoadError::Busy { path: self.path }),
            Err(error) => Err(self.io("lock", error).into()),
        }
    }

    fn must_be_ours(&self) -> Result<(), FolderError> {
        let path = || self.path.clone();
        let stat = self.stat()?;
        if !user::is_own(stat.st_uid) {
            let user = rustix::process::geteuid().as_raw();
            return Err(FolderError::OtherOwner { path: path(), owner: stat.st_uid, user });
        }
        let mode = stat.st_mode & 0o7777;
        if mode & 0o022 != 0 {
            return Err(FolderError::WritableByOthers { path: path(), mode });
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }

    pub(crate) fn stat(&self) -> Result<fs::Stat, FolderError> {
        fs::fstat(&self.descriptor).map_err(|error| self.io("look at", error))
    }

    /// Whether it lies on a file system whose files are memory.
    pub(crate) fn is_in_memory(&self) -> Result<bool, FolderError> {
        let kind = fs::fstatfs(&self.descriptor).map_err(|error| self.io("look at", error))?.f_type;
        Ok(MEMORY_FILE_SYSTEMS.contains(&(kind as u64)))
    }

    /// What `name` in the folder is, `None` if nothing.
    pub(crate) fn stat_inside(&self, name: &str) -> Result<Option<fs::Stat>, FolderError> {
        match fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.io("look into", error)),
        }
    }

    pub(crate) fn open_inside(&self, name: &str, flags: OFlags, mode: Mode) -> Result<File, Errno> {
        fs::openat(self.descriptor.as_fd(), name, flags, mode).map(File::from)
    }

    /// Names of copies that no loader finished (or that one is working on).
    pub(crate) fn temporaries(&self) -> Result<Vec<OsString>, FolderError> {
        self.names_starting_with(TEMPORARY_PREFIX)
    }

    pub(crate) fn names_starting_with(&self, prefix: &str) -> Result<Vec<OsString>, FolderError> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.descriptor).map_err(|error| self.io("list", error))? {
            let name = entry.map_err(|error| self.io("list", error))?.file_name().to_bytes().to_vec();
            if name.starts_with(prefix.as_bytes()) {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort();
        Ok(names)
    }

    pub(crate) fn io(&self, action: &'static str, error: Errno) -> FolderError {
        FolderError::Io { action, path: self.path.clone(), source: error.into() }
    }
}

/// Whether a folder lies on a file system whose files are memory.
///
/// # Errors
///
/// It is not there or cannot be looked at.
pub fn is_in_memory(folder: &Path) -> Result<bool, FolderError> {
    Folder::open(folder)?.is_in_memory()
}

impl Lock {
    pub(crate) fn take(file: File, operation: FlockOperation) -> Result<Self, Errno> {
        fs::flock(&file, operation).map(|()| Self(file))
    }

    /// The file is locked already, or cannot be.
    pub(crate) fn held(file: File) -> Self {
        Self(file)
    }

    pub(crate) fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // closing the last copy unlocks as well
        let _ = fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl LockedFolder {
    /// For loading: creates the folder if it is missing.
    pub(crate) fn create_or_lock(path: &Path) -> Result<Self, LoadError> {
        Folder::open_or_create(path)?.lock()
    }

    /// For unloading: `None` if there is no folder.
    pub(crate) fn lock_existing(path: &Path) -> Result<Option<Self>, LoadError> {
        match Folder::open(path) {
            Ok(folder) => folder.lock().map(Some),
            Err(FolderError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Removes what killed loaders left; how many there were. Holding the lock proves that none of them lives.
    pub(crate) fn remove_leftovers(&self) -> Result<usize, FolderError> {
        let names = self.folder.temporaries()?;
        for name in &names {
            fs::unlinkat(&self.folder.descriptor, name, AtFlags::empty())
                .map_err(|error| self.folder.io("remove what a killed loader left in", error))?;
        }
        Ok(names.len())
    }

    /// Refuses a folder under the published name: neither `rename` nor `unlink` gets rid of it.
    pub(crate) fn must_have_room_for_the_name(&self) -> Result<(), FolderError> {
        let taken = self.folder.stat_inside(PUBLISHED)?;
        if taken.is_some_and(|stat| fs::FileType::from_raw_mode(stat.st_mode).is_dir()) {
            return Err(FolderError::NameTaken { path: self.folder.path.join(PUBLISHED) });
        }
        Ok(())
    }

    /// Removes the published name; false if there was none.
    pub(crate) fn remove_published(&self) -> Result<bool, FolderError> {
        self.must_have_room_for_the_name()?;
        match fs::unlinkat(&self.folder.descriptor, PUBLISHED, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(self.folder.io("remove the segment in", error)),
        }
    }

    /// A fresh, empty file that readers do not see.
    pub(crate) fn temporary(&self) -> Result<Temporary<'_>, FolderError> {
        self.fresh(temporary_name())
    }

    /// [`LockedFolder::temporary`], a second one beside it.
    pub(crate) fn temporary_for(&self, what: &str) -> Result<Temporary<'_>, FolderError> {
        self.fresh(format!("{}-{what}", temporary_name()))
    }

    /// A temporary name for what has the name `name` already.
    pub(crate) fn temporary_link(&self, name: &str) -> Result<TemporaryName<'_>, FolderError> {
        let link = temporary_name();
        let inside = self.folder.descriptor();
        fs::linkat(inside, name, inside, &link, AtFlags::empty())
            .map_err(|error| self.folder.io("name the generation in", error))?;
        Ok(TemporaryName { folder: &self.folder, name: link, is_gone: false })
    }

    fn fresh(&self, name: String) -> Result<Temporary<'_>, FolderError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = self
            .folder
            .open_inside(&name, flags, Mode::from_raw_mode(0o600))
            .map_err(|error| self.folder.io("create a file in", error))?;
        Ok(Temporary { name: TemporaryName { folder: &self.folder, name, is_gone: false }, file })
    }
}

fn temporary_name() -> String {
    format!("{TEMPORARY_PREFIX}{}", std::process::id())
}

/// A file on its way to being published; removed when dropped before that.
#[derive(Debug)]
pub(crate) struct Temporary<'a> {
    name: TemporaryName<'a>,
    file: File,
}

/// A name on its way to being replaced by a lasting one; removed when dropped before that.
#[derive(Debug)]
pub(crate) struct TemporaryName<'a> {
    folder: &'a Folder,
    name: String,
    is_gone: bool,
}

impl Temporary<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.name.name
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// From here on nobody, its owner included, opens it for writing.
    pub(crate) fn make_read_only(&self) -> Result<(), FolderError> {
        fs::fchmod(&self.file, Mode::from_raw_mode(0o444))
            .map_err(|error| self.name.folder.io("make the segment read-only in", error))
    }

    /// The one step that readers notice.
    pub(crate) fn publish(self) -> Result<(), FolderError> {
        self.name.publish()
    }

    pub(crate) fn rename_to(self, name: &str) -> Result<(), FolderError> {
        self.name.rename_to(name)
    }
}

impl TemporaryName<'_> {
    /// The one step that readers notice.
    pub(crate) fn publish(self) -> Result<(), FolderError> {
        self.rename_to(PUBLISHED)
    }

    fn rename_to(mut self, name: &str) -> Result<(), FolderError> {
        let inside = self.folder.descriptor();
        fs::renameat(inside, &self.name, inside, name)
            .map_err(|error| self.folder.io("publish the segment in", error))?;
        self.is_gone = true;
        Ok(())
    }
}

impl Drop for TemporaryName<'_> {
    fn drop(&mut self) {
        if !self.is_gone {
            // nothing better can be done about a failure here; the next loader tries again
            let _ = fs::unlinkat(self.folder.descriptor(), &self.name, AtFlags::empty());
        }
    }
}
