//! How much memory the control group allows that pays for the segment's pages.
//!
//! Exceeding it is not an error that a program sees: the kernel kills the program.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// In bytes; `None` if there is no limit, or none that can be read.
pub(crate) fn memory_limit() -> Option<u64> {
    lowest(&read_to_string("/proc/self/cgroup").ok()?, Path::new("/sys/fs/cgroup"))
}

/// The lowest limit of the groups in the text of `/proc/self/cgroup` (version 1 or 2) and of their ancestors.
fn lowest(groups: &str, mount: &Path) -> Option<u64> {
    let limit = |file: PathBuf| read_to_string(file).ok()?.trim().parse().ok();
    groups.lines().filter_map(|line| limit_files(line, mount)).flatten().filter_map(limit).min()
}

/// In a container the mount's root may be the group itself, and its path lead nowhere: the ancestors cover both.
fn limit_files(line: &str, mount: &Path) -> Option<Vec<PathBuf>> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, Path::new(fields.next()?));
    let (root, name) = match controllers {
        "" => (mount.to_path_buf(), "memory.max"),
        some if some.split(',').any(|one| one == "memory") => (mount.join("memory"), "memory.limit_in_bytes"),
        _ => return None,
    };
    let file = |group: &Path| root.join(group.strip_prefix("/").unwrap_or(group)).join(name);
    Some(path.ancestors().map(file).collect())
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

    #[test]
    fn the_lowest_limit_of_a_group_and_its_ancestors_counts() {
        let mount = mount(&[("a/memory.max", "1000\n"), ("a/b/memory.max", "3000\n"), ("c/memory.max", "1\n")]);
        assert_eq!(lowest("0::/a/b\n", mount.path()), Some(1000));
    }

    #[test]
    fn no_limit_is_none() {
        let mount = mount(&[("a/memory.max", "max\n")]);
        assert_eq!(lowest("0::/a\n", mount.path()), None);
    }

    #[test]
    fn a_container_whose_path_leads_nowhere_reads_the_root() {
        let mount = mount(&[("memory/memory.limit_in_bytes", "5000\n"), ("cpu/memory.limit_in_bytes", "1\n")]);
        assert_eq!(lowest("9:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n0::/\n", mount.path()), Some(5000));
    }
}
