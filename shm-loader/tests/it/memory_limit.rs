//! Under a control group's memory limit a loader succeeds with what it asks for, and refuses with less.

use crate::common::{Finished, SegmentFolder, finish, index};
use rustix::fs::Advice;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testkit::requirement::skip;

/// A control group of version 1 for the time of a test.
struct Group(PathBuf);

impl Group {
    fn new(name: &str) -> Option<Self> {
        let group = format!("/sys/fs/cgroup/memory/fraudring-test-{name}-{}", std::process::id());
        match std::fs::create_dir(&group) {
            Ok(()) if Path::new(&group).join("memory.limit_in_bytes").exists() => Some(Self(group.into())),
            Ok(()) => {
                std::fs::remove_dir(&group).unwrap();
                skip("cgroup", "control groups of version 1 do not limit memory here");
                None
            }
            Err(error) => {
                skip("cgroup", &format!("no control group can be made here ({error})"));
                None
            }
        }
    }

    fn limit(&self, bytes: u64) {
        std::fs::write(self.0.join("memory.limit_in_bytes"), bytes.to_string()).unwrap();
    }

    /// Runs a command in it from its first page on.
    fn run(&self, command: &Command) -> Finished {
        let mut inside = Command::new("sh");
        inside.args(["-c", r#"echo $$ > "$0" && exec "$@""#]).arg(self.0.join("cgroup.procs"));
        inside.arg(command.get_program()).args(command.get_args());
        inside.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        finish(inside.spawn().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // what is still charged to it moves to the group above
        let removed = std::fs::remove_dir(&self.0);
        assert!(removed.is_ok() || std::thread::panicking(), "{removed:?}");
    }
}

/// The page cache forgets a file, so that whoever reads it next is charged for it.
fn make_cold(path: &Path) {
    let file = File::open(path).unwrap();
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
}

/// The limit that a refusal names.
#[track_caller]
fn named_limit(refused: &Finished) -> u64 {
    assert_eq!(refused.code, Some(4), "{}", refused.stderr);
    let (_, named) = refused.stderr.split_once("raise the limit to ").expect(&refused.stderr);
    named.trim().parse().unwrap()
}

#[test]
fn the_limit_that_a_loader_asks_for_is_enough_and_less_is_refused_not_killed() {
    let Some(group) = Group::new("limit") else { return };
    let place = SegmentFolder::new();
    // on a disk: pages of a file in memory are charged to whoever wrote it
    let disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (program, file) = (disk.path().join("shm-loader"), disk.path().join("index"));
    std::fs::copy(env!("CARGO_BIN_EXE_shm-loader"), &program).unwrap();
    let image = index(100_000, 1);
    std::fs::write(&file, &image).unwrap();
    let load = |reader: &str| {
        [&program, &file].into_iter().for_each(|path| make_cold(path));
        let mut command = Command::new(&program);
        command.arg("load").arg(&file).arg("--shm-dir").arg(place.dir()).args(["--reader", reader]);
        group.run(&command)
    };

    // too little to load, and enough for the program's own pages, which with less are read over and over again
    group.limit(image.len() as u64 + (6 << 20));
    let enough = named_limit(&load("auto"));
    println!("{} bytes of index: asks for {enough}", image.len());
    group.limit(enough - (1 << 20));
    assert_eq!(named_limit(&load("auto")), enough);
    assert_eq!(place.names(), [""; 0]);
    group.limit(enough);
    for reader in ["auto", "plain"] {
        let loaded = load(reader);
        assert_eq!(loaded.code, Some(0), "{}", loaded.stderr);
        // the published segment is in use, and charged to the group as well: the next one needs room beside it
        let refused = load(reader);
        assert!(named_limit(&refused) > enough, "{}", refused.stderr);
        shm_loader::unload(&place.dir()).unwrap();
    }
}
