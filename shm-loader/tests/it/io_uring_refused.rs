//! Where io_uring is refused, plain reads do the work, and the loader says so.
use crate::common::{Finished, SegmentFolder, finish, index};
use shm_loader::Segment;
use testkit::sandbox::{self, IO_URING, IO_URING_ENTER};

const EPERM: u32 = libc::EPERM as u32;
const ENOSYS: u32 = libc::ENOSYS as u32;

#[test]
fn io_uring_is_used_where_it_is_allowed() {
    let place = SegmentFolder::new();
    let finished = load(&place, &[], 0, &[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains(r#""reader": "io_uring""#), "{}", finished.stdout);
    assert_eq!(finished.stderr, "");
}

#[test]
fn refusing_all_of_io_uring_falls_back_and_says_so() {
    must_fall_back(&IO_URING, EPERM);
}

#[test]
fn a_kernel_without_io_uring_falls_back_and_says_so() {
    must_fall_back(&IO_URING, ENOSYS);
}

#[test]
fn refusing_only_enter_falls_back_and_does_not_hang() {
    must_fall_back(&[IO_URING_ENTER], EPERM);
}

#[test]
fn an_enter_that_only_pretends_falls_back_and_does_not_hang() {
    must_fall_back(&[IO_URING_ENTER], 0);
}

#[test]
fn io_uring_asked_for_by_name_is_not_replaced_behind_the_users_back() {
    let place = SegmentFolder::new();
    let finished = load(&place, &IO_URING, EPERM, &["--reader", "io-uring"]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("io_uring is refused"), "{}", finished.stderr);
    assert_eq!(place.names(), [""; 0]);
}

#[track_caller]
fn must_fall_back(system_calls: &[i64], errno: u32) {
    let place = SegmentFolder::new();
    let finished = load(&place, system_calls, errno, &[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains(r#""reader": "plain""#), "{}", finished.stdout);
    assert!(finished.stderr.contains("io_uring is refused here"), "{}", finished.stderr);
    assert!(Segment::attach(&place.dir()).unwrap().bytes() == index(20_000, 1));
}

/// `load --json` where `system_calls` fail with `errno`.
fn load(place: &SegmentFolder, system_calls: &[i64], errno: u32, arguments: &[&str]) -> Finished {
    let file = place.file("index", &index(20_000, 1));
    let mut command = place.command("load");
    command.arg(file).arg("--json").args(arguments);
    if !system_calls.is_empty() {
        sandbox::refuse(&mut command, system_calls, errno);
    }
    finish(command.spawn().unwrap())
}
