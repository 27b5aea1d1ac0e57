//! Readers check a segment unless the loader's record says that this very file was checked.

use crate::common::{SegmentFolder, index};
use shm_loader::Segment;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use testkit::requirement::skip;

fn loaded() -> SegmentFolder {
    let place = SegmentFolder::new().open_to_all();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    assert!(is_verified(&place), "the loader has just checked it");
    place
}

fn is_verified(place: &SegmentFolder) -> bool {
    Segment::attach(&place.dir()).unwrap().is_verified()
}

fn record(place: &SegmentFolder) -> PathBuf {
    place.dir().join(".verified")
}

/// Changes the published file until its time of change differs, which older kernels count in steps of some ms.
fn change(place: &SegmentFolder, change: impl Fn()) {
    let time = || fs::metadata(place.published()).map(|file| (file.ino(), file.ctime(), file.ctime_nsec())).unwrap();
    let before = time();
    change();
    while time() == before {
        std::thread::yield_now();
        change();
    }
}

fn set_mode(path: PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_reader_of_another_user_takes_the_loaders_word() {
    if !crate::common::is_root() {
        return skip("root", "only root can change its user");
    }
    let place = loaded();
    assert!(crate::common::as_nobody(|| is_verified(&place)));
}

#[test]
fn whatever_was_done_to_the_segment_since_makes_readers_check_it() {
    let published = SegmentFolder::published;
    let write = |place: &SegmentFolder| {
        set_mode(published(place), 0o644);
        let bytes = fs::read(published(place)).unwrap();
        fs::write(published(place), bytes).unwrap();
        set_mode(published(place), 0o444);
    };
    let exchange = |place: &SegmentFolder| {
        let copy = place.dir().join("copy");
        fs::copy(published(place), &copy).unwrap();
        fs::rename(copy, published(place)).unwrap();
    };
    let set_times = |place: &SegmentFolder| {
        let file = fs::File::open(published(place)).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written).unwrap();
    };
    for act in [&write as &dyn Fn(&SegmentFolder), &exchange, &set_times] {
        let place = loaded();
        change(&place, || act(&place));
        assert!(!is_verified(&place));
        place.load(&place.file("index", &index(500, 2))).unwrap();
        assert!(is_verified(&place), "loaded anew");
    }
}

#[test]
fn a_record_that_others_could_have_made_is_none() {
    let acts: [&dyn Fn(&SegmentFolder); 6] = [
        &|place| fs::remove_file(record(place)).unwrap(),
        &|place| set_mode(record(place), 0o466),
        &|place| {
            let text = fs::read_to_string(record(place)).unwrap();
            set_mode(record(place), 0o644);
            fs::write(record(place), text.replace("checked by ", "checked by 0.0.0, not ")).unwrap();
        },
        &|place| {
            let text = fs::read_to_string(record(place)).unwrap();
            set_mode(record(place), 0o644);
            fs::write(record(place), &text[..text.len() - 1]).unwrap();
        },
        &|place| {
            let elsewhere = place.file("record", &fs::read(record(place)).unwrap());
            fs::remove_file(record(place)).unwrap();
            symlink(elsewhere, record(place)).unwrap();
        },
        &|place| {
            fs::remove_file(record(place)).unwrap();
            fs::create_dir(record(place)).unwrap();
        },
    ];
    for (number, act) in acts.iter().enumerate() {
        let place = loaded();
        act(&place);
        assert!(!is_verified(&place), "{number}");
    }
}

#[test]
fn a_segment_on_a_disk_is_checked_by_each_reader() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    if crate::common::is_tmpfs(folder.path()) {
        eprintln!("skipped: the build folder is in memory");
        return;
    }
    let (file, dir) = (folder.path().join("index"), folder.path().join("segments"));
    fs::write(&file, index(500, 1)).unwrap();
    shm_loader::load(&file, &dir, &|_, _, _| {}).unwrap();
    assert!(!Segment::attach(&dir).unwrap().is_verified());
}

#[test]
fn unloading_removes_the_record() {
    let place = loaded();
    shm_loader::unload(&place.dir()).unwrap();
    assert!(!record(&place).exists());
}
