//! Waits until something may have been published, or somebody asks.
//!
//! The kernel tells of changes in the folder (inotify). It cannot where there is no folder yet, where the user has no watch
//! left, or where the file system tells nothing; and a folder can be moved away with what it lies in. So the folder is also
//! looked at from time to time: seldom while it is watched, twice a second while it is not.

use crate::limits;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Everything by which a file gets, loses or changes a name or its permissions in a folder, and what moves the folder.
const CHANGES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::DONT_FOLLOW);

/// Waits for changes of a folder, and for bytes on sockets.
pub struct Watch {
    dir: PathBuf,
    /// None where the system has none left.
    changes: Option<OwnedFd>,
    /// Of the folder that is watched.
    watch: Option<i32>,
    /// SIGHUP, and others who ask.
    askers: [UnixStream; 2],
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// By SIGHUP.
    pub hangup: bool,
}

impl Watch {
    /// `askers`: what becomes readable on SIGHUP, and when others ask.
    pub fn new(dir: PathBuf, askers: [UnixStream; 2]) -> io::Result<Self> {
        for asker in &askers {
            asker.set_nonblocking(true)?;
        }
        let changes = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok();
        Ok(Self { dir, changes, watch: None, askers })
    }

    /// Watches what lies at the folder's path now. To be called before each look, so that no change is missed after it;
    /// false if the folder cannot be watched.
    pub fn arm(&mut self) -> bool {
        let Some(changes) = &self.changes else { return false };
        // For a folder that is watched already this changes nothing.
        let watch = inotify::add_watch(changes, &self.dir, CHANGES).ok();
        if let Some(old) = self.watch.filter(|_| self.watch != watch) {
            // Fails if it is gone, and its watch with it.
            let _ = inotify::remove_watch(changes, old);
        }
        self.watch = watch;
        watch.is_some()
    }

    /// Waits until it is time for a look.
    pub fn wait(&mut self) -> Woken {
        let interval = if self.watch.is_some() { limits::WATCHED_POLL_MS } else { limits::INDEX_POLL_MS };
        let [hangup, asked] = &self.askers;
        let mut sockets = vec![PollFd::new(hangup, PollFlags::IN), PollFd::new(asked, PollFlags::IN)];
        sockets.extend(self.changes.iter().map(|changes| PollFd::new(changes, PollFlags::IN)));
        let timeout = Timespec { tv_sec: (interval / 1_000) as i64, tv_nsec: (interval % 1_000 * 1_000_000) as i64 };
        match poll(&mut sockets, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            // Nothing to wait on: at least no look after the other without end.
            Err(_) => std::thread::sleep(Duration::from_millis(interval)),
        }
        let has_changed = sockets.get(2).is_some_and(|changes| !changes.revents().is_empty());
        drop(sockets);
        if has_changed {
            // A loader does several things, one right after the other.
            std::thread::sleep(Duration::from_millis(limits::SETTLE_MS));
            self.drain_changes();
        }
        let [hangup, asked] = &mut self.askers;
        drain(asked);
        Woken { hangup: drain(hangup) }
    }

    /// What changed does not matter, as the look that follows sees all of it.
    fn drain_changes(&self) {
        let mut events = [0; 4096];
        while let Some(changes) = &self.changes
            && matches!(rustix::io::read(changes.as_fd(), &mut events), Ok(1..) | Err(Errno::INTR))
        {}
    }
}

/// Takes all bytes; whether there was one.
fn drain(socket: &mut UnixStream) -> bool {
    let mut bytes = [0; 64];
    let mut has_any = false;
    while matches!(socket.read(&mut bytes), Ok(1..)) {
        has_any = true;
    }
    has_any
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Instant;

    /// A watch of `dir` and the other ends of its sockets.
    fn watch(dir: PathBuf) -> (Watch, [UnixStream; 2]) {
        let pairs = [UnixStream::pair().unwrap(), UnixStream::pair().unwrap()];
        let [(hangup, on_hangup), (asked, asking)] = pairs;
        (Watch::new(dir, [hangup, asked]).unwrap(), [on_hangup, asking])
    }

    /// Whether a wait is over long before it would be time for a look anyway.
    fn wakes(watch: &mut Watch) -> bool {
        let begun = Instant::now();
        watch.wait();
        begun.elapsed() < Duration::from_millis(limits::WATCHED_POLL_MS / 2)
    }

    #[test]
    fn a_rename_into_the_folder_wakes_also_when_the_folder_was_replaced() {
        let root = tempfile::tempdir().unwrap();
        let (dir, aside) = (root.path().join("segments"), root.path().join("aside"));
        let publish = || {
            std::fs::write(&aside, "x").unwrap();
            std::fs::rename(&aside, dir.join("current.index")).unwrap();
        };
        std::fs::create_dir(&dir).unwrap();
        let (mut watch, _sockets) = watch(dir.clone());
        assert!(watch.arm());
        publish();
        assert!(wakes(&mut watch));
        std::fs::rename(&dir, root.path().join("old")).unwrap();
        std::fs::create_dir(&dir).unwrap();
        assert!(wakes(&mut watch));
        assert!(watch.arm());
        publish();
        assert!(wakes(&mut watch));
    }

    #[test]
    fn without_a_folder_it_is_looked_for_twice_a_second() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("segments");
        let (mut watch, _sockets) = watch(dir.clone());
        assert!(!watch.arm());
        assert!(wakes(&mut watch));
        std::fs::create_dir(&dir).unwrap();
        assert!(watch.arm());
    }

    #[test]
    fn a_link_is_not_watched() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("real")).unwrap();
        std::os::unix::fs::symlink(root.path().join("real"), root.path().join("link")).unwrap();
        assert!(!watch(root.path().join("link")).0.arm());
    }

    #[test]
    fn whoever_asks_wakes_it_and_a_hangup_is_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let (mut watch, [mut on_hangup, mut asking]) = watch(root.path().to_path_buf());
        watch.arm();
        asking.write_all(b"??").unwrap();
        assert_eq!(watch.wait(), Woken { hangup: false });
        on_hangup.write_all(b"!").unwrap();
        assert_eq!(watch.wait(), Woken { hangup: true });
    }
}
