//! Whose index a reader maps: a mapped file stays under the control of its owner, and a folder under that of its own.
//!
//! Whoever may write to the file can change bytes under a running search, or cut the file off, which ends the reader;
//! a user who may write to the folder can replace the file. So both must belong to root, to the reader's own user, or to a
//! user that was named, and nobody else may write to either. It is the opened folder that is checked, not the way to it:
//! who owns a folder above can at most lead a reader to another folder that is trusted as well.

use crate::{AttachError, FolderError, user};
use rustix::fs::{FileType, Stat};
use std::path::Path;

/// Permission to write for the group or for others.
const OTHERS_WRITE: u32 = 0o022;

/// Who else is trusted than root and the reader's own user.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Map an index of this user too, by number; else its folder and file must belong to root or to the user of this
    /// process. That user can change the index while it is read, or end the reader. Several are separated by commas
    #[arg(long = "trust-uid", value_name = "UID", env = "FRAUDRING_TRUST_UID", value_delimiter = ',')]
    pub users: Vec<u32>,
}

impl Trust {
    /// Refuses a folder in which others than those who are trusted can exchange files.
    pub(crate) fn check_folder(&self, stat: &Stat, path: &Path) -> Result<(), AttachError> {
        self.check_owner(stat, path)?;
        let mode = stat.st_mode & 0o7777;
        if mode & OTHERS_WRITE != 0 {
            return Err(AttachError::Folder(FolderError::WritableByOthers { path: path.into(), mode }));
        }
        Ok(())
    }

    /// Refuses what is no file, and a file that others than those who are trusted can write.
    pub(crate) fn check_file(&self, stat: &Stat, path: &Path) -> Result<(), AttachError> {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            FileType::Directory => return Err(AttachError::IsAFolder { path: path.into() }),
            _ => return Err(AttachError::NotRegular { path: path.into() }),
        }
        self.check_owner(stat, path)?;
        let mode = stat.st_mode & 0o7777;
        if mode & OTHERS_WRITE != 0 {
            return Err(AttachError::WritableByOthers { path: path.into(), mode });
        }
        Ok(())
    }

    fn check_owner(&self, stat: &Stat, path: &Path) -> Result<(), AttachError> {
        let owner = stat.st_uid;
        let is_named = self.users.contains(&owner) && !user::may_be_anybody(owner);
        if owner == 0 || user::is_own(owner) || is_named {
            return Ok(());
        }
        let user = rustix::process::geteuid().as_raw();
        Err(AttachError::OtherOwner { path: path.into(), owner, user })
    }
}
