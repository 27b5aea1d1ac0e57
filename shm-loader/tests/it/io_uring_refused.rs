//! Where io_uring is refused, plain reads do the work, and the loader says so.
#![allow(unsafe_code)]

use crate::common::{Finished, Place, finish, index};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use shm_loader::Segment;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt;

const SETUP: i64 = libc::SYS_io_uring_setup;
const ENTER: i64 = libc::SYS_io_uring_enter;
const REGISTER: i64 = libc::SYS_io_uring_register;

#[test]
fn io_uring_is_used_where_it_is_allowed() {
    let place = Place::new();
    let finished = load(&place, &[], SeccompAction::Allow, &[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains(r#""reader": "io_uring""#), "{}", finished.stdout);
    assert_eq!(finished.stderr, "");
}

#[test]
fn refusing_all_of_io_uring_falls_back_and_says_so() {
    must_fall_back(&[SETUP, ENTER, REGISTER], SeccompAction::Errno(libc::EPERM as u32));
}

#[test]
fn a_kernel_without_io_uring_falls_back_and_says_so() {
    must_fall_back(&[SETUP, ENTER, REGISTER], SeccompAction::Errno(libc::ENOSYS as u32));
}

#[test]
fn refusing_only_enter_falls_back_and_does_not_hang() {
    must_fall_back(&[ENTER], SeccompAction::Errno(libc::EPERM as u32));
}

#[test]
fn an_enter_that_only_pretends_falls_back_and_does_not_hang() {
    must_fall_back(&[ENTER], SeccompAction::Errno(0));
}

#[test]
fn io_uring_asked_for_by_name_is_not_replaced_behind_the_users_back() {
    let place = Place::new();
    let finished =
        load(&place, &[SETUP, ENTER, REGISTER], SeccompAction::Errno(libc::EPERM as u32), &["--reader", "io-uring"]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("io_uring is refused"), "{}", finished.stderr);
    assert_eq!(place.names(), [""; 0]);
}

#[track_caller]
fn must_fall_back(system_calls: &[i64], answer: SeccompAction) {
    let place = Place::new();
    let finished = load(&place, system_calls, answer, &[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains(r#""reader": "plain""#), "{}", finished.stdout);
    assert!(finished.stderr.contains("io_uring is refused here"), "{}", finished.stderr);
    assert!(Segment::attach(&place.dir()).unwrap().bytes() == index(20_000, 1));
}

/// `load --json` under a filter that gives `answer` to `system_calls`.
fn load(place: &Place, system_calls: &[i64], answer: SeccompAction, arguments: &[&str]) -> Finished {
    let file = place.file("index", &index(20_000, 1));
    let mut command = place.command("load");
    command.arg(file).arg("--json").args(arguments);
    if !system_calls.is_empty() {
        let program = filter(system_calls, answer);
        // SAFETY: between fork and exec only two system calls are made; the program was compiled before.
        unsafe {
            command.pre_exec(move || seccompiler::apply_filter(&program).map_err(|_| io::ErrorKind::Other.into()));
        }
    }
    finish(command.spawn().unwrap())
}

fn filter(system_calls: &[i64], answer: SeccompAction) -> BpfProgram {
    let rules: BTreeMap<i64, _> = system_calls.iter().map(|call| (*call, Vec::new())).collect();
    let arch = std::env::consts::ARCH.try_into().unwrap();
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch).unwrap().try_into().unwrap()
}
