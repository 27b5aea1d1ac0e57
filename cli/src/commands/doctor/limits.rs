//! What this process and its control groups may take.

use super::finding::Finding;
use rustix::process::{Resource, getrlimit};
use std::path::{Path, PathBuf};

/// haproxy with 10,100 clients.
const DESCRIPTORS: u64 = 20_216;
/// The whole stack with its index.
const STACK_BYTES: u64 = 200 << 20;

/// Checks them.
pub fn check() -> Vec<Finding> {
    vec![descriptors(), group_memory(), group_processor()]
}

fn descriptors() -> Finding {
    const NAME: &str = "descriptors";
    match getrlimit(Resource::Nofile).maximum {
        Some(most) if most < DESCRIPTORS => {
            let advice = format!("for 10,100 clients behind haproxy: ulimit -Hn {DESCRIPTORS}");
            Finding::note(NAME, format!("at most {most}"), advice)
        }
        Some(most) => Finding::fine(NAME, format!("at most {most}")),
        None => Finding::fine(NAME, "unlimited"),
    }
}

fn group_memory() -> Finding {
    const NAME: &str = "memory limit";
    let Some((limit, left)) = shm_loader::memory_room() else { return Finding::fine(NAME, "none") };
    let found = format!("{} MB, {} MB left", limit >> 20, left >> 20);
    if left < STACK_BYTES {
        return Finding::note(
            NAME,
            found,
            "the index takes 76 MB, a swap as much again, servers and haproxy some 50 MB",
        );
    }
    Finding::fine(NAME, found)
}

fn group_processor() -> Finding {
    const NAME: &str = "processor limit";
    match quota(&std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default(), Path::new("/sys/fs/cgroup")) {
        Some(cores) if cores < 0.5 => Finding::note(
            NAME,
            format!("{cores:.2} cores"),
            "two servers and haproxy take 0.7 at 900 requests/s on a slow core",
        ),
        Some(cores) => Finding::fine(NAME, format!("{cores:.2} cores")),
        None => Finding::fine(NAME, "none"),
    }
}

/// The tightest quota of the groups in the text of `/proc/self/cgroup`, version 1 or 2, in cores.
fn quota(groups: &str, mount: &Path) -> Option<f64> {
    let mut tightest: Option<f64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let root: PathBuf = match controllers {
            "" => mount.to_owned(),
            _ if controllers.split(',').any(|name| name == "cpu") => mount.join(controllers),
            _ => continue,
        };
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            if let Some(cores) = quota_of(&root.join(group)) {
                tightest = Some(tightest.map_or(cores, |least| least.min(cores)));
            }
        }
    }
    tightest
}

fn quota_of(group: &Path) -> Option<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| *number > 0.0);
    let read = |name: &str| std::fs::read_to_string(group.join(name)).ok();
    if let Some(text) = read("cpu.max") {
        let (quota, period) = text.trim().split_once(' ')?;
        return Some(number(quota)? / number(period)?);
    }
    Some(number(&read("cpu.cfs_quota_us")?)? / number(&read("cpu.cfs_period_us")?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(root: &Path, path: &str, files: &[(&str, &str)]) {
        std::fs::create_dir_all(root.join(path)).unwrap();
        for (name, text) in files {
            std::fs::write(root.join(path).join(name), text).unwrap();
        }
    }

    #[test]
    fn the_tightest_group_counts_in_either_version() {
        let mount = tempfile::tempdir().unwrap();
        group(mount.path(), "a/b", &[("cpu.max", "max 100000\n")]);
        group(mount.path(), "a", &[("cpu.max", "40000 100000\n")]);
        assert_eq!(quota("0::/a/b\n", mount.path()), Some(0.4));
        group(mount.path(), "cpu,cpuacct/c", &[("cpu.cfs_quota_us", "150000\n"), ("cpu.cfs_period_us", "100000\n")]);
        group(mount.path(), "cpu,cpuacct", &[("cpu.cfs_quota_us", "-1\n"), ("cpu.cfs_period_us", "100000\n")]);
        assert_eq!(quota("4:cpu,cpuacct:/c\n3:memory:/c\n", mount.path()), Some(1.5));
        assert_eq!(quota("0::/\n", tempfile::tempdir().unwrap().path()), None);
    }
}
