//! Where the index is to lie: room, kind of file system, owner.

use super::finding::Finding;
use rustix::fs::statvfs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The official index, and the generation that takes its place.
const INDEX_BYTES: u64 = 76 << 20;

/// Checks the folder of the index, or the one that it is to be made in.
pub fn check(shm_dir: &Path) -> Vec<Finding> {
    let mut there = shm_dir;
    while !there.exists() {
        match there.parent() {
            Some(parent) => there = parent,
            None => break,
        }
    }
    vec![room(there), owner(shm_dir), huge_pages()]
}

fn room(folder: &Path) -> Finding {
    const NAME: &str = "shared memory";
    let advice = "name a folder on a tmpfs: --shm-dir /dev/shm/fraudring";
    let Ok(found) = statvfs(folder) else {
        return Finding::fault(NAME, format!("cannot look at {}", folder.display()), advice);
    };
    let in_memory = match shm_loader::is_in_memory(folder) {
        Ok(true) => "in memory",
        _ => return Finding::note(NAME, format!("{} is on a disk", folder.display()), advice),
    };
    let (all, free) = (found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize);
    let text = format!("{}: {in_memory}, {} of {} MB free", folder.display(), free >> 20, all >> 20);
    if all > 0 && free < INDEX_BYTES {
        return Finding::fault(NAME, text, "the official index takes 76 MB: mount -o remount,size=512M /dev/shm");
    }
    if all > 0 && free < 2 * INDEX_BYTES {
        return Finding::note(NAME, text, "a swap needs room for two: mount -o remount,size=512M /dev/shm");
    }
    Finding::fine(NAME, text)
}

fn owner(shm_dir: &Path) -> Finding {
    const NAME: &str = "index folder";
    let Ok(found) = std::fs::symlink_metadata(shm_dir) else {
        return Finding::fine(NAME, format!("{} is not there yet", shm_dir.display()));
    };
    let text = format!("{}: user {}, mode {:o}", shm_dir.display(), found.uid(), found.mode() & 0o7777);
    if !found.is_dir() {
        return Finding::fault(NAME, text, "it is no folder: name another with --shm-dir");
    }
    if found.mode() & 0o022 != 0 {
        return Finding::fault(NAME, text, format!("others may write there: chmod go-w {}", shm_dir.display()));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Finding::note(NAME, text, "only its owner loads there: name another with --shm-dir");
    }
    Finding::fine(NAME, text)
}

fn huge_pages() -> Finding {
    const NAME: &str = "huge pages";
    let setting = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/shmem_enabled").unwrap_or_default();
    let chosen = setting.split(['[', ']']).nth(1).unwrap_or("unknown");
    Finding::fine(NAME, format!("shared memory: {chosen} (not needed)"))
}
