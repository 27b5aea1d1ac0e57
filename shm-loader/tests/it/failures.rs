//! Whatever goes wrong: a clear error, its exit code, the old segment untouched, nothing left behind.

use crate::common::{Finished, SLOW_BYTES, SegmentFolder, finish, index, send};
use ::index::format::{Header, checksum};
use rustix::process::Signal;
use shm_loader::{CopyError, LoadError, Options, Segment, SegmentId};
use std::fs::{File, OpenOptions};
use std::mem::offset_of;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use testkit::requirement::skip;

/// A place with a segment that must survive.
struct Loaded {
    place: SegmentFolder,
    segment: SegmentId,
    bytes: Vec<u8>,
}

impl Loaded {
    fn new() -> Self {
        let place = SegmentFolder::new();
        let bytes = index(500, 1);
        place.load(&place.file("old", &bytes)).unwrap();
        let segment = Segment::attach(&place.dir()).unwrap().id();
        Self { place, segment, bytes }
    }

    fn must_be_untouched(&self) {
        let now = Segment::attach(&self.place.dir()).unwrap();
        assert_eq!(now.id(), self.segment);
        assert!(now.bytes() == self.bytes);
        assert_eq!(self.place.names(), ["current.index"]);
    }

    #[track_caller]
    fn must_fail(&self, finished: &Finished, code: i32, says: &str) {
        assert_eq!(finished.code, Some(code), "{}", finished.stderr);
        assert!(finished.stderr.starts_with("error: ") && finished.stderr.contains(says), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
        self.must_be_untouched();
    }
}

#[test]
fn a_truncated_file_is_rejected() {
    let loaded = Loaded::new();
    let bytes = index(3_000, 2);
    for length in [1, 100, bytes.len() / 2, bytes.len() - 1] {
        let file = loaded.place.file("cut", &bytes[..length]);
        loaded.must_fail(&loaded.place.run_load(&file), 3, "is not a sound index");
    }
}

#[test]
fn a_flipped_bit_is_rejected() {
    let loaded = Loaded::new();
    let mut bytes = index(3_000, 2);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let file = loaded.place.file("flipped", &bytes);
    loaded.must_fail(&loaded.place.run_load(&file), 3, "checksum");
}

#[test]
fn a_sound_index_with_rules_that_make_no_vectors_is_rejected() {
    let loaded = Loaded::new();
    let mut bytes = index(3_000, 2);
    // The first section: the first constant of the normalization becomes 0.
    let constant = ::index::Index::open(&bytes).unwrap().info().sections[0].offset as usize;
    bytes[constant..constant + 8].fill(0);
    let (sum, at) = (checksum(&bytes), offset_of!(Header, checksum));
    bytes[at..at + 8].copy_from_slice(&sum.to_le_bytes());
    let file = loaded.place.file("rules", &bytes);
    let says = "the rules in the index are refused: normalization: max_amount is 0, it must be a finite number above 0";
    loaded.must_fail(&loaded.place.run_load(&file), 3, says);
}

#[test]
fn a_file_that_is_no_index_is_rejected() {
    let loaded = Loaded::new();
    let file = loaded.place.file("text", &b"something else\n".repeat(100_000));
    loaded.must_fail(&loaded.place.run_load(&file), 3, "magic");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let loaded = Loaded::new();
    let file = loaded.place.root().join("nowhere");
    loaded.must_fail(&loaded.place.run_load(&file), 3, file.to_str().unwrap());
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_rejected() {
    let loaded = Loaded::new();
    let file = loaded.place.slow_file();
    let loader = loaded.place.stopped_loader(&file);
    resize(&file, 100_000);
    send(&loader, Signal::CONT);
    loaded.must_fail(&finish(loader), 3, "while it was read");
}

#[test]
fn a_file_that_grows_while_it_is_read_is_rejected() {
    let loaded = Loaded::new();
    let file = loaded.place.slow_file();
    let loader = loaded.place.stopped_loader(&file);
    resize(&file, SLOW_BYTES + 1);
    send(&loader, Signal::CONT);
    loaded.must_fail(&finish(loader), 3, "while it was read");
}

#[test]
fn a_second_loader_is_refused_while_the_first_works() {
    let loaded = Loaded::new();
    let first = loaded.place.stopped_loader(&loaded.place.slow_file());
    let file = loaded.place.file("index", &index(500, 2));
    for second in [loaded.place.run_load(&file), finish(loaded.place.command("unload").spawn().unwrap())] {
        assert_eq!(second.code, Some(5), "{}", second.stderr);
        assert!(second.stderr.contains("another loader is at work"), "{}", second.stderr);
    }
    assert_eq!(Segment::attach(&loaded.place.dir()).unwrap().id(), loaded.segment);
    send(&first, Signal::CONT);
    loaded.must_fail(&finish(first), 3, "is not a sound index");
    assert_eq!(loaded.place.run_load(&file).code, Some(0));
}

#[test]
fn an_interrupted_loader_cleans_up() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let loaded = Loaded::new();
        let loader = loaded.place.stopped_loader(&loaded.place.slow_file());
        send(&loader, signal);
        send(&loader, Signal::CONT);
        loaded.must_fail(&finish(loader), code, "interrupted");
    }
}

#[test]
fn a_loader_that_is_told_to_stop_publishes_nothing() {
    let loaded = Loaded::new();
    let file = loaded.place.file("index", &index(500, 2));
    let options = Options { stop: Some(&AtomicBool::new(true)), ..Options::default() };
    let error = shm_loader::load_with(&shm_loader::IndexFile::at(&file), &loaded.place.dir(), &options, &|_, _, _| ())
        .unwrap_err();
    assert!(matches!(error, LoadError::Copy { source: CopyError::Stopped, .. }), "{error:?}");
    loaded.must_be_untouched();
}

#[test]
fn a_killed_loader_publishes_nothing_and_the_next_one_cleans_up() {
    let loaded = Loaded::new();
    let loader = loaded.place.stopped_loader(&loaded.place.slow_file());
    send(&loader, Signal::KILL);
    assert_eq!(finish(loader).code, None);
    assert_eq!(Segment::attach(&loaded.place.dir()).unwrap().id(), loaded.segment);
    assert_eq!(loaded.place.names().len(), 2, "what it was killed over: {:?}", loaded.place.names());

    let next = loaded.place.run_load(&loaded.place.file("index", &index(500, 2)));
    assert_eq!(next.code, Some(0), "{}", next.stderr);
    assert!(next.stderr.contains("removed what 1 killed loader(s) left behind"), "{}", next.stderr);
    assert_eq!(loaded.place.names(), ["current.index"]);
    assert_ne!(Segment::attach(&loaded.place.dir()).unwrap().id(), loaded.segment);
}

#[test]
fn unloading_cleans_up_after_a_killed_loader() {
    let loaded = Loaded::new();
    let loader = loaded.place.stopped_loader(&loaded.place.slow_file());
    send(&loader, Signal::KILL);
    finish(loader);
    let unloaded = shm_loader::unload_all(&loaded.place.dir()).unwrap();
    assert!(unloaded.segment_removed);
    assert_eq!(unloaded.leftovers_removed, 1);
    assert_eq!(loaded.place.names(), [""; 0]);
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let loaded = Loaded::new();
    let file = loaded.place.file("index", &index(500, 2));
    // one with the sticky bit is meant for all users and must stay so
    for (mode, advice) in [(0o775, "chmod 755"), (0o757, "chmod 755"), (0o1777, "choose a folder in it")] {
        std::fs::set_permissions(loaded.place.dir(), PermissionsExt::from_mode(mode)).unwrap();
        let finished = loaded.place.run_load(&file);
        std::fs::set_permissions(loaded.place.dir(), PermissionsExt::from_mode(0o755)).unwrap();
        loaded.must_fail(&finished, 6, advice);
    }
}

#[test]
fn a_folder_of_another_owner_is_refused() {
    if !crate::common::is_root() {
        return skip("root", "only root can give folders away");
    }
    let loaded = Loaded::new();
    std::os::unix::fs::chown(loaded.place.dir(), Some(4242), None).unwrap();
    let finished = loaded.place.run_load(&loaded.place.file("index", &index(500, 2)));
    std::os::unix::fs::chown(loaded.place.dir(), Some(0), None).unwrap();
    loaded.must_fail(&finished, 6, "belongs to uid 4242, this process runs as uid 0");
}

#[test]
fn a_link_or_a_file_in_the_folders_place_is_refused() {
    let loaded = Loaded::new();
    let file = loaded.place.file("index", &index(500, 2));
    let link = loaded.place.root().join("link");
    std::os::unix::fs::symlink(loaded.place.dir(), &link).unwrap();
    let slash = PathBuf::from(format!("{}/", link.display()));
    for dir in [&link, &slash, &file] {
        let mut loader = Command::new(env!("CARGO_BIN_EXE_shm-loader"));
        let output = loader.arg("load").arg(&file).arg("--shm-dir").arg(dir).output().unwrap();
        assert_eq!(output.status.code(), Some(6), "{}", dir.display());
        assert!(String::from_utf8(output.stderr).unwrap().contains("is not a folder"));
    }
    loaded.must_be_untouched();
}

#[test]
fn a_full_file_system_is_noticed_before_the_first_byte() {
    let place = SegmentFolder::new();
    let Some(_mount) = Mount::new(&place.dir(), "1m") else { return };
    let (small, large) = (index(500, 1), vec![7; 2 << 20]);
    assert_eq!(place.run_load(&place.file("small", &small)).code, Some(0));
    let free = free_blocks(&place.dir());

    let finished = place.run_load(&place.file("large", &large));
    assert_eq!(finished.code, Some(4), "{}", finished.stderr);
    assert!(finished.stderr.contains("no room in") && finished.stderr.contains("2097152 bytes"), "{}", finished.stderr);
    assert!(Segment::attach(&place.dir()).unwrap().bytes() == small);
    assert_eq!(place.names(), ["current.index"]);
    assert_eq!(free_blocks(&place.dir()), free, "memory leaked");
}

#[test]
fn old_and_new_must_fit_at_once_and_the_error_says_so() {
    let place = SegmentFolder::new();
    let Some(_mount) = Mount::new(&place.dir(), "1m") else { return };
    let bytes = index(20_000, 1);
    assert!((600_000..1_000_000).contains(&bytes.len()), "{}", bytes.len());
    let file = place.file("index", &bytes);
    assert_eq!(place.run_load(&file).code, Some(0));
    let finished = place.run_load(&file);
    assert_eq!(finished.code, Some(4), "{}", finished.stderr);
    assert!(finished.stderr.contains("shm-loader unload --shm-dir"), "{}", finished.stderr);
    shm_loader::unload(&place.dir()).unwrap();
    assert_eq!(place.run_load(&file).code, Some(0));
}

fn resize(file: &Path, bytes: u64) {
    OpenOptions::new().write(true).open(file).unwrap().set_len(bytes).unwrap();
}

fn free_blocks(dir: &Path) -> u64 {
    rustix::fs::fstatvfs(File::open(dir).unwrap()).unwrap().f_bfree
}

/// A small memory file system for the time of a test.
struct Mount(PathBuf);

impl Mount {
    fn new(dir: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(dir).unwrap();
        let options = format!("size={size},mode=755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "fraudring-test"]).arg(dir).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(dir.into())),
            _ => {
                skip("tmpfs", "no tmpfs can be mounted here");
                None
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}
