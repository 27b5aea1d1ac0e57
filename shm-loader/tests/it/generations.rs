//! Generations are numbered, kept, gone back to, and counted against their readers.

use crate::common::{SegmentFolder, finish, index};
use shm_loader::{ActivateError, LoadError, Options, Published, Segment, activate};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use testkit::wait::comes_true;

/// A place with index files of its own.
struct Versions {
    place: SegmentFolder,
    files: Vec<PathBuf>,
}

impl Versions {
    fn new(count: u64) -> Self {
        let place = SegmentFolder::new();
        let files = (0..count).map(|seed| place.file(&format!("index-{seed}"), &index(300, seed))).collect();
        Self { place, files }
    }

    fn load(&self, version: usize, keep: usize) -> Result<Published, LoadError> {
        let options = Options { keep, ..Options::default() };
        shm_loader::load_with(
            &shm_loader::IndexFile::at(&self.files[version]),
            &self.place.dir(),
            &options,
            &|_, _, _| (),
        )
    }

    /// What readers get now: its number, after a comparison of all bytes with `version`.
    #[track_caller]
    fn current(&self, version: usize) -> Option<u64> {
        let segment = Segment::attach(&self.place.dir()).unwrap();
        assert!(segment.bytes() == std::fs::read(&self.files[version]).unwrap());
        segment.generation()
    }

    fn generations(&self) -> Vec<u64> {
        let names = std::fs::read_dir(self.place.dir()).unwrap().map(|entry| entry.unwrap().file_name());
        let number = |name: &str| name.strip_prefix("generation-")?.strip_suffix(".index")?.parse().ok();
        let mut numbers: Vec<u64> = names.filter_map(|name| number(name.to_str().unwrap())).collect();
        numbers.sort_unstable();
        numbers
    }
}

#[test]
fn each_load_has_the_next_number_also_after_an_activation_and_a_removal() {
    let versions = Versions::new(2);
    for number in 1..=3 {
        assert_eq!(versions.load(0, 1).unwrap().generation, number);
        assert_eq!(versions.current(0), Some(number));
    }
    assert_eq!(activate(2, &versions.place.dir()).unwrap().before, Some(3));
    assert_eq!(versions.current(0), Some(2));
    assert_eq!(versions.load(1, 0).unwrap().generation, 4);
    assert_eq!(versions.generations(), [4]);
    shm_loader::unload(&versions.place.dir()).unwrap();
    assert_eq!(versions.generations(), [0u64; 0]);
    assert_eq!(versions.load(1, 0).unwrap().generation, 5);
    assert_eq!(versions.current(1), Some(5));
}

#[test]
fn as_many_are_kept_as_asked_for_first_the_one_that_was_replaced() {
    let versions = Versions::new(4);
    assert!(versions.load(0, 2).unwrap().kept.is_empty());
    assert_eq!(versions.load(1, 2).unwrap().kept, [1]);
    assert_eq!(versions.load(2, 2).unwrap().kept, [1, 2]);
    activate(1, &versions.place.dir()).unwrap();
    assert_eq!(versions.load(3, 1).unwrap().kept, [1], "the one that was found good, and not the highest");
    assert_eq!(versions.generations(), [1, 4]);
    assert!(versions.load(3, 0).unwrap().kept.is_empty());
    assert_eq!(versions.generations(), [5]);
}

#[test]
fn an_activation_brings_the_kept_bytes_back_and_readers_need_not_check_them() {
    let versions = Versions::new(2);
    versions.load(0, 1).unwrap();
    versions.load(1, 1).unwrap();
    for (number, version, before) in [(1, 0, 2), (2, 1, 1), (1, 0, 2)] {
        let activated = activate(number, &versions.place.dir()).unwrap();
        assert_eq!((activated.generation, activated.before, activated.was_current), (number, Some(before), false));
        assert_eq!(versions.current(version), Some(number));
        assert!(Segment::attach(&versions.place.dir()).unwrap().is_verified());
        assert_eq!(versions.generations(), [1, 2]);
    }
    assert!(activate(1, &versions.place.dir()).unwrap().was_current);
    assert!(Segment::attach(&versions.place.dir()).unwrap().is_verified());
}

#[test]
fn one_that_is_gone_is_said_to_be_gone_with_those_that_are_there() {
    let versions = Versions::new(1);
    let error = activate(1, &versions.place.dir()).unwrap_err();
    assert!(matches!(&error, ActivateError::Gone { existing, .. } if existing.is_empty()), "{error:?}");
    for _ in 0..3 {
        versions.load(0, 1).unwrap();
    }
    for number in [1, 4, 0] {
        let finished = finish(versions.place.command("activate").arg(number.to_string()).spawn().unwrap());
        assert_eq!(finished.code, Some(9), "{}", finished.stderr);
        assert!(finished.stderr.contains(&format!("generation {number} is gone")), "{}", finished.stderr);
        assert!(finished.stderr.contains("(there: 2, 3)"), "{}", finished.stderr);
    }
    let finished = finish(versions.place.command("activate").arg("3").spawn().unwrap());
    assert_eq!(finished.code, Some(0));
    assert!(finished.stdout.contains("is the current one already"), "{}", finished.stdout);
}

#[test]
fn a_kept_one_that_was_damaged_is_not_activated() {
    let versions = Versions::new(2);
    versions.load(0, 1).unwrap();
    versions.load(1, 1).unwrap();
    let kept = versions.place.dir().join("generation-1.index");
    let mut bytes = std::fs::read(&kept).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&kept).unwrap();
    std::fs::write(&kept, bytes).unwrap();
    let error = activate(1, &versions.place.dir()).unwrap_err();
    assert!(matches!(error, ActivateError::Invalid { number: 1, .. }), "{error:?}");
    assert_eq!(versions.current(1), Some(2));
}

#[test]
fn what_an_older_loader_published_has_no_number_and_the_next_load_gives_one() {
    let versions = Versions::new(2);
    versions.load(0, 0).unwrap();
    let aside = versions.place.dir().join("aside");
    std::fs::copy(&versions.files[1], &aside).unwrap();
    std::fs::rename(aside, versions.place.published()).unwrap();
    assert_eq!(versions.current(1), None);
    assert_eq!(versions.load(0, 0).unwrap().generation, 2);
    assert_eq!(versions.generations(), [2]);
}

#[test]
fn a_third_generation_is_refused_until_the_readers_of_the_first_have_ended() {
    let versions = Versions::new(3);
    versions.load(0, 0).unwrap();
    let first = Segment::attach(&versions.place.dir()).unwrap();
    versions.load(1, 0).unwrap();
    let error = versions.load(2, 0).unwrap_err();
    assert!(error.to_string().contains("generation 1 in") && error.to_string().contains("--wait"), "{error}");
    assert!(matches!(&error, LoadError::StillRead { numbers, .. } if *numbers == [1]), "{error:?}");
    assert_eq!(versions.place.run_load(&versions.files[2]).code, Some(8));
    assert_eq!(versions.current(1), Some(2));

    // one that waits loads as soon as the reader is gone
    let waiting = versions.place.command("load").args(["--wait", "60"]).arg(&versions.files[2]).spawn().unwrap();
    drop(first);
    assert_eq!(finish(waiting).code, Some(0));
    assert_eq!(versions.current(2), Some(3));
}

#[test]
fn readers_of_a_kept_or_the_current_generation_do_not_keep_a_new_one_away() {
    let versions = Versions::new(4);
    let mut readers = Vec::new();
    for version in 0..4 {
        versions.load(version, 3).unwrap();
        readers.push(Segment::attach(&versions.place.dir()).unwrap());
    }
    assert_eq!(versions.generations(), [1, 2, 3, 4]);
}

#[test]
fn a_replaced_generation_is_freed_with_its_last_reader() {
    let versions = Versions::new(2);
    let used = || rustix::fs::statvfs(versions.place.dir()).map(|system| system.f_blocks - system.f_bfree).unwrap();
    versions.load(0, 0).unwrap();
    let first = Segment::attach(&versions.place.dir()).unwrap();
    versions.load(1, 0).unwrap();
    let before = used();
    drop(first);
    // others use the file system as well
    assert!(comes_true(Duration::from_secs(5), || used() < before), "{before} blocks, now {}", used());
}

#[test]
fn a_lock_through_a_read_only_mount_in_another_mount_namespace_counts() {
    let versions = Versions::new(3);
    versions.load(0, 0).unwrap();
    let inside = versions.place.root().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let script = r#"mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" && shift 2 && exec "$@""#;
    let reader = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/reader");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(versions.place.dir()).arg(&inside).arg(reader).arg(&inside);
    let Some(reader) = crate::common::attached(command) else {
        return testkit::requirement::skip("tmpfs", "no mount namespace can be made here");
    };
    versions.load(1, 0).unwrap();
    assert!(matches!(versions.load(2, 0), Err(LoadError::StillRead { .. })));
    reader.end();
    versions.load(2, 0).unwrap();
}
