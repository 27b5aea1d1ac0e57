//! A segment is published whole, read by everybody, and replaced without disturbing who reads the old one.

use crate::common::{SegmentFolder, index};
use index::InstructionSet;
use scoring::Generation;
use shm_loader::{
    AttachError, FolderError, InspectError, LoadError, Options, Reader, Segment, SegmentVersion, SourceError, Trust,
};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Mutex;
use testkit::requirement::skip;

#[test]
fn attaching_sees_the_bytes_that_were_loaded() {
    let place = SegmentFolder::new();
    let bytes = index(5_000, 1);
    let published = place.load(&place.file("index", &bytes)).unwrap();

    let segment = Segment::attach(&place.dir()).unwrap();
    assert!(segment.bytes() == bytes);
    assert_eq!(published.path, place.published());
    assert_eq!((published.bytes, published.contents.count()), (bytes.len() as u64, 5_000));
    let opened = index::Index::open(segment.bytes()).unwrap();
    assert_eq!(published.checksum, opened.info().checksum);
}

/// Mappings of this process whose file bears the name.
fn mappings_of(name: &Path) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains(name.to_str().unwrap())).count()
}

#[test]
fn a_generation_keeps_its_segment_mapped_and_locked_until_it_is_dropped() {
    let place = SegmentFolder::new();
    let bytes = index(500, 1);
    place.load(&place.file("index", &bytes)).unwrap();
    let is_in_use = || shm_loader::inspect(&place.dir()).unwrap().segment.unwrap().in_use;
    let generation = Generation::open(Segment::attach(&place.dir()).unwrap(), InstructionSet::detect()).unwrap();
    assert!(is_in_use());
    assert_eq!(mappings_of(&place.published()), 1);
    assert!(generation.index().bytes() == bytes);
    drop(generation);
    assert!(!is_in_use());
    assert_eq!(mappings_of(&place.published()), 0);
}

#[test]
fn a_generation_outlives_the_name_of_its_segment() {
    let place = SegmentFolder::new();
    let bytes = index(500, 1);
    place.load(&place.file("index", &bytes)).unwrap();
    let generation = Generation::open(Segment::attach(&place.dir()).unwrap(), InstructionSet::detect()).unwrap();
    shm_loader::unload(&place.dir()).unwrap();
    assert!(generation.index().bytes() == bytes);
    assert_eq!(mappings_of(&place.published()), 1, "as a deleted file");
    drop(generation);
    assert_eq!(mappings_of(&place.published()), 0);
}

#[test]
fn a_refused_segment_is_not_kept_mapped() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let mut damaged = std::fs::read(place.published()).unwrap();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    std::fs::remove_file(place.published()).unwrap();
    std::fs::write(place.published(), &damaged).unwrap();
    assert!(Generation::open(Segment::attach(&place.dir()).unwrap(), InstructionSet::detect()).is_err());
    assert_eq!(mappings_of(&place.published()), 0);
}

#[test]
fn the_segment_is_readable_by_all_writable_by_none_and_has_no_holes() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(5_000, 1))).unwrap();
    let meta = std::fs::metadata(place.published()).unwrap();
    assert_eq!(meta.permissions().mode() & 0o7777, 0o444);
    assert!(meta.blocks() * 512 >= meta.len());
    let folder = std::fs::metadata(place.dir()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o7777, 0o755);
    let lock = std::fs::metadata(place.dir().join(".lock")).unwrap();
    assert_eq!(lock.permissions().mode() & 0o7777, 0o600);
}

#[test]
fn both_readers_publish_the_same_bytes() {
    let place = SegmentFolder::new();
    let bytes = index(40_000, 1);
    assert!(bytes.len() > 2 * 256 * 1024, "several buffers and a part of one: {}", bytes.len());
    let file = place.file("index", &bytes);
    for (reader, name) in [(Reader::IoUring, "io_uring"), (Reader::Plain, "plain")] {
        let options = Options { reader, ..Options::default() };
        let published =
            shm_loader::load_with(&shm_loader::IndexFile::at(&file), &place.dir(), &options, &|_, _, _| ()).unwrap();
        assert_eq!(published.reader, name);
        assert!(Segment::attach(&place.dir()).unwrap().bytes() == bytes, "{name}");
    }
}

#[test]
fn replacing_leaves_a_reader_its_old_segment() {
    let place = SegmentFolder::new();
    let (old, new) = (index(2_000, 1), index(2_500, 2));
    place.load(&place.file("old", &old)).unwrap();
    let reader = Segment::attach(&place.dir()).unwrap();
    place.load(&place.file("new", &new)).unwrap();
    assert!(reader.bytes() == old);
    let later = Segment::attach(&place.dir()).unwrap();
    assert!(later.bytes() == new);
    assert_ne!(reader.id(), later.id());
    assert_eq!(place.names(), ["current.index"]);
}

#[test]
fn progress_covers_every_phase_from_nothing_to_all() {
    let place = SegmentFolder::new();
    let bytes = index(40_000, 1);
    let total = bytes.len() as u64;
    let steps = Mutex::new(Vec::new());
    let file = place.file("index", &bytes);
    shm_loader::load(&file, &place.dir(), &|phase, done, of| steps.lock().unwrap().push((phase, done, of))).unwrap();
    let steps = steps.into_inner().unwrap();
    for phase in ["copy", "verify"] {
        let of_phase: Vec<_> = steps.iter().filter(|step| step.0 == phase).collect();
        assert_eq!(of_phase.first(), Some(&&(phase, 0, total)));
        assert_eq!(of_phase.last(), Some(&&(phase, total, total)));
        assert!(of_phase.is_sorted_by_key(|step| step.1));
    }
}

#[test]
fn attaching_where_nothing_is_says_what_to_type() {
    let place = SegmentFolder::new();
    for existing in [false, true] {
        if existing {
            std::fs::create_dir(place.dir()).unwrap();
        }
        let error = Segment::attach(&place.dir()).unwrap_err();
        assert!(matches!(error, AttachError::NoSegment { .. }), "{error:?}");
        let dir = place.dir();
        let dir = dir.display();
        assert_eq!(error.to_string(), format!("no segment in {dir}: run `shm-loader load FILE --shm-dir {dir}`"));
    }
}

#[test]
fn attaching_refuses_what_others_can_write() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    for mode in [0o464, 0o446] {
        std::fs::set_permissions(place.published(), PermissionsExt::from_mode(mode)).unwrap();
        let error = Segment::attach(&place.dir()).unwrap_err();
        assert!(matches!(error, AttachError::WritableByOthers { mode: seen, .. } if seen == mode), "{error:?}");
    }
}

#[test]
fn attaching_refuses_links_pipes_and_empty_files_without_waiting() {
    let place = SegmentFolder::new();
    std::fs::create_dir(place.dir()).unwrap();
    let target = place.file("index", &index(500, 1));
    symlink(target, place.published()).unwrap();
    assert!(matches!(Segment::attach(&place.dir()), Err(AttachError::NotRegular { .. })));
    std::fs::remove_file(place.published()).unwrap();
    fifo(&place.published());
    assert!(matches!(Segment::attach(&place.dir()), Err(AttachError::NotRegular { .. })));
    std::fs::remove_file(place.published()).unwrap();
    std::fs::write(place.published(), b"").unwrap();
    assert!(matches!(Segment::attach(&place.dir()), Err(AttachError::Empty { .. })));
}

#[test]
fn attaching_refuses_what_belongs_to_a_stranger_unless_it_is_trusted() {
    if !crate::common::is_root() {
        return skip("root", "only root can give files away");
    }
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let own = |path: &Path, uid| std::os::unix::fs::chown(path, Some(uid), None).unwrap();
    let trusted = Trust { users: vec![1, 4242] };
    for (stranger, other) in [(place.published(), place.dir()), (place.dir(), place.published())] {
        own(&stranger, 4242);
        own(&other, 0);
        let error = Segment::attach(&place.dir()).unwrap_err();
        assert!(error.to_string().contains("--trust-uid 4242"), "{error}");
        let AttachError::OtherOwner { path, owner: 4242, user: 0 } = error else { panic!("{error:?}") };
        assert_eq!(path, stranger);
        assert!(matches!(
            shm_loader::inspect(&place.dir()),
            Err(InspectError::Segment(AttachError::OtherOwner { owner: 4242, .. }))
        ));
        Segment::attach_trusting(&place.dir(), &trusted).expect("this owner was named");
        shm_loader::inspect_trusting(&place.dir(), &trusted).expect("this owner was named");
    }
}

#[test]
fn attaching_refuses_a_folder_that_others_can_write() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    // sticky or not: whoever may write can put a file of their own there when the name is free
    for mode in [0o777, 0o1777, 0o775, 0o757] {
        std::fs::set_permissions(place.dir(), PermissionsExt::from_mode(mode)).unwrap();
        let error = Segment::attach(&place.dir()).unwrap_err();
        assert!(
            matches!(error, AttachError::Folder(FolderError::WritableByOthers { mode: seen, .. }) if seen == mode),
            "{error:?}"
        );
    }
    // the folders above decide nothing: what is opened is checked
    std::fs::set_permissions(place.dir(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(place.root(), PermissionsExt::from_mode(0o777)).unwrap();
    Segment::attach(&place.dir()).unwrap();
}

#[test]
fn a_user_attaches_to_an_own_segment_and_not_to_a_third_ones() {
    if !crate::common::is_root() {
        return skip("root", "only root can become somebody else");
    }
    let place = SegmentFolder::new().open_to_all();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    for (uid, accepted) in [(65_534, true), (4242, false)] {
        for path in [place.dir(), place.published()] {
            std::os::unix::fs::chown(path, Some(uid), None).unwrap();
        }
        let attached = crate::common::as_nobody(|| Segment::attach(&place.dir()));
        assert_eq!(attached.is_ok(), accepted, "{uid}: {attached:?}");
    }
}

#[test]
fn a_folder_under_the_segments_name_is_named_with_what_removes_it() {
    let place = SegmentFolder::new();
    std::fs::create_dir_all(place.published()).unwrap();
    let file = place.file("index", &index(500, 1));
    let advice =
        format!("{} is a folder: remove it with `rm -r {}`", place.published().display(), place.published().display());
    let says = |error: &dyn std::error::Error| assert!(error.to_string().starts_with(&advice), "{error}");
    says(&Segment::attach(&place.dir()).unwrap_err());
    says(&place.load(&file).unwrap_err());
    says(&shm_loader::unload(&place.dir()).unwrap_err());
    std::fs::remove_dir(place.published()).unwrap();
    place.load(&file).unwrap();
}

#[test]
fn the_version_of_what_is_published_changes_with_the_file_and_not_by_reading() {
    let place = SegmentFolder::new();
    assert_eq!(SegmentVersion::published_in(&place.dir()), None);
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let first = SegmentVersion::published_in(&place.dir()).unwrap();
    drop(Segment::attach(&place.dir()).unwrap());
    assert_eq!(SegmentVersion::published_in(&place.dir()), Some(first));
    std::fs::set_permissions(place.published(), PermissionsExt::from_mode(0o400)).unwrap();
    let second = SegmentVersion::published_in(&place.dir()).unwrap();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let third = SegmentVersion::published_in(&place.dir()).unwrap();
    assert!(first != second && second != third && first != third);
}

#[test]
fn a_folder_on_a_disk_is_used_with_a_warning() {
    let place = SegmentFolder::new();
    let file = place.file("index", &index(500, 1));
    let finished = place.run_load(&file);
    assert_eq!((finished.code, &*finished.stderr), (Some(0), ""), "a memory file system is nothing to warn of");
    let disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_shm-loader"));
    let output = command.arg("load").arg(&file).arg("--shm-dir").arg(disk.path()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    if published_in_memory(disk.path()) {
        return skip("disk", "the folder for tests is on a memory file system too");
    }
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr.matches("is on a disk and not in memory").count(), 1, "{stderr}");
}

fn published_in_memory(dir: &Path) -> bool {
    rustix::fs::statfs(dir).unwrap().f_type as u64 == 0x0102_1994
}

#[test]
fn a_reader_of_another_user_attaches_and_cannot_load() {
    if !crate::common::is_root() {
        return skip("root", "only root can become somebody else");
    }
    let place = SegmentFolder::new().open_to_all();
    let bytes = index(500, 1);
    let file = place.file("index", &bytes);
    place.load(&file).unwrap();
    let (read, loaded) = crate::common::as_nobody(|| (Segment::attach(&place.dir()), place.load(&file)));
    assert!(read.unwrap().bytes() == bytes);
    assert!(matches!(loaded, Err(LoadError::Folder(FolderError::OtherOwner { owner: 0, user: 65_534, .. }))));
}

#[test]
fn attaching_waits_for_an_inspection_and_goes_on_without_a_lock_that_is_kept() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let inspector = std::fs::File::open(place.published()).unwrap();
    inspector.lock().unwrap();
    // anybody who may read the segment may keep it locked
    let unlocked = Segment::attach(&place.dir()).unwrap();
    assert!(unlocked.bytes() == index(500, 1));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| Segment::attach(&place.dir()));
        std::thread::sleep(std::time::Duration::from_millis(50));
        inspector.unlock().unwrap();
        reader.join().unwrap().unwrap();
    });
}

#[test]
fn sources_that_are_no_files_with_something_in_them_are_refused() {
    let place = SegmentFolder::new();
    let source = |path: &Path| match place.load(path).unwrap_err() {
        LoadError::Source(error) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(source(place.root()), SourceError::NotRegular { .. }));
    let pipe = place.root().join("pipe");
    fifo(&pipe);
    assert!(matches!(source(&pipe), SourceError::NotRegular { .. }));
    assert!(matches!(source(Path::new("/dev/zero")), SourceError::NotRegular { .. }));
    assert!(matches!(source(&place.file("empty", b"")), SourceError::Empty { .. }));
    assert!(matches!(source(&place.root().join("nothing")), SourceError::Io { .. }));
    assert!(!place.dir().exists(), "a bad source is found before anything is made");
}

#[test]
fn the_published_segment_cannot_be_loaded_onto_itself() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let before = Segment::attach(&place.dir()).unwrap().id();
    let link = place.root().join("link");
    symlink(place.published(), &link).unwrap();
    for path in [place.published(), link] {
        let error = place.load(&path).unwrap_err();
        assert!(matches!(error, LoadError::Source(SourceError::AlreadyPublished { .. })), "{error:?}");
    }
    assert_eq!(Segment::attach(&place.dir()).unwrap().id(), before);
}

fn fifo(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}
