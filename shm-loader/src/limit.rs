//! How much memory the control group allows that pays for the segment's pages.
//!
//! Exceeding it is not an error that a program sees: the kernel kills the program.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// What loading takes beside the segment, however large that is: the buffers (1 MB), the heap, the stacks and the ring, the
/// pages of the program's own file, and what the kernel reads ahead of the source. With a cold page cache 8.7 MB were the
/// least that was enough (`docs/OPERATIONS.md`); kernels differ.
const FIXED_BYTES: u64 = 12 << 20;
/// One byte in so many of the segment: the kernel's records of its pages (17 bytes for each 4,096), and a bit for each
/// reference while the copy is checked.
const SHARE: u64 = 64;
/// What this process has taken when the limit is looked at, which [`FIXED_BYTES`] covers.
const OWN_BYTES: u64 = 2 << 20;

/// What loading a segment of `bytes` takes of a control group.
pub(crate) fn needed(bytes: u64) -> u64 {
    bytes + bytes / SHARE + FIXED_BYTES
}

/// A control group's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) limit: u64,
    /// Anonymous and shared memory of others in the group, a published segment for instance: no swap, no way back.
    pub(crate) in_use: u64,
}

impl Room {
    pub(crate) fn left(self) -> u64 {
        self.limit.saturating_sub(self.in_use)
    }
}

/// The group that leaves least; `None` if there is no limit, or none that can be read.
pub(crate) fn tightest() -> Option<Room> {
    tightest_of(&read_to_string("/proc/self/cgroup").ok()?, Path::new("/sys/fs/cgroup"))
}

/// Limit and what is left of it, in bytes, of the control group that leaves least; `None` if nothing limits the memory.
pub fn memory_room() -> Option<(u64, u64)> {
    // version 1 has no word for none, but a number that no machine reaches
    tightest().filter(|room| room.limit < 1 << 60).map(|room| (room.limit, room.left()))
}

/// Of the groups in the text of `/proc/self/cgroup` (version 1 or 2) and their ancestors.
fn tightest_of(groups: &str, mount: &Path) -> Option<Room> {
    groups
        .lines()
        .filter_map(|line| Hierarchy::of(line, mount))
        .flat_map(Hierarchy::rooms)
        .min_by_key(|room| room.left())
}

/// A tree of groups that limit memory, and the group's place in it.
struct Hierarchy<'a> {
    root: PathBuf,
    group: &'a Path,
    limit: &'static str,
    /// Lines of `memory.stat`.
    in_use: [&'static str; 2],
}

impl<'a> Hierarchy<'a> {
    fn of(line: &'a str, mount: &Path) -> Option<Self> {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, group) = (fields.next()?, Path::new(fields.next()?));
        match controllers {
            "" => Some(Self { root: mount.into(), group, limit: "memory.max", in_use: ["anon", "shmem"] }),
            some if some.split(',').any(|one| one == "memory") => Some(Self {
                root: mount.join("memory"),
                group,
                limit: "memory.limit_in_bytes",
                in_use: ["total_rss", "total_shmem"],
            }),
            _ => None,
        }
    }

    /// In a container the mount's root may be the group itself, and its path lead nowhere: the ancestors cover both.
    fn rooms(self) -> impl Iterator<Item = Room> {
        let Self { root, group, limit, in_use } = self;
        group.ancestors().filter_map(move |group| {
            let folder = root.join(group.strip_prefix("/").unwrap_or(group));
            let limit = read_to_string(folder.join(limit)).ok()?.trim().parse().ok()?;
            let statistics = read_to_string(folder.join("memory.stat")).unwrap_or_default();
            Some(Room { limit, in_use: sum(&statistics, in_use).saturating_sub(OWN_BYTES) })
        })
    }
}

/// The sum of two values of a text of `key value` lines; what is missing is nothing.
fn sum(text: &str, keys: [&str; 2]) -> u64 {
    let pairs = text.lines().filter_map(|line| line.split_once(' ')).filter(|(key, _)| keys.contains(key));
    pairs.filter_map(|(_, value)| value.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(files: &[(&str, &str)]) -> tempfile::TempDir {
        let mount = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = mount.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        mount
    }

    fn room(limit: u64, in_use: u64) -> Option<Room> {
        Some(Room { limit, in_use })
    }

    #[test]
    fn the_lowest_limit_of_a_group_and_its_ancestors_counts() {
        let mount = mount(&[("a/memory.max", "1000\n"), ("a/b/memory.max", "3000\n"), ("c/memory.max", "1\n")]);
        assert_eq!(tightest_of("0::/a/b\n", mount.path()), room(1000, 0));
    }

    #[test]
    fn no_limit_is_none() {
        let mount = mount(&[("a/memory.max", "max\n")]);
        assert_eq!(tightest_of("0::/a\n", mount.path()), None);
    }

    #[test]
    fn a_container_whose_path_leads_nowhere_reads_the_root() {
        let mount = mount(&[("memory/memory.limit_in_bytes", "5000\n"), ("cpu/memory.limit_in_bytes", "1\n")]);
        let groups = "9:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n0::/\n";
        assert_eq!(tightest_of(groups, mount.path()), room(5000, 0));
    }

    #[test]
    fn what_others_use_and_cannot_be_taken_back_counts() {
        let megabytes = |count: u64| count << 20;
        let version_2 = format!("anon {}\nfile 99999999\nshmem {}\nfile_mapped 5\n", megabytes(5), megabytes(70));
        let version_1 = format!("rss 7\ntotal_rss {}\ntotal_cache 99\ntotal_shmem {}\n", megabytes(3), megabytes(4));
        let mount = mount(&[
            ("a/memory.max", "200000000"),
            ("a/memory.stat", &version_2),
            ("memory/b/memory.limit_in_bytes", "300000000"),
            ("memory/b/memory.stat", &version_1),
        ]);
        assert_eq!(tightest_of("0::/a\n", mount.path()), room(200_000_000, megabytes(73)));
        assert_eq!(tightest_of("4:memory:/b\n", mount.path()), room(300_000_000, megabytes(5)));
        // What a group leaves decides, not its limit.
        assert_eq!(tightest_of("4:memory:/b\n0::/a\n", mount.path()), room(200_000_000, megabytes(73)));
    }
}
