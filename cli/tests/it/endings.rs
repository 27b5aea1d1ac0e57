//! How `up` ends, and what it leaves behind: on request, when a part of it dies, and when it is killed itself.

use crate::support::http::{EXAMPLES, score};
use crate::support::process::{lives, send};
use crate::support::system::{Folders, HAPROXY, SHARED_PORT, System, check_clean_end, check_nothing_is_left};
use crate::support::{haproxy_is_installed, unread};
use rustix::process::Signal;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use testkit::machine;

#[test]
fn a_killed_server_ends_the_whole_system() {
    let mut system = System::start(SHARED_PORT);
    send(system.servers()[0], Signal::KILL);
    let status = system.wait();
    assert_eq!(status.code(), Some(1));
    let log = system.folders().log();
    assert!(log.contains("server 1/2") && log.contains("ended by itself"), "{log}");
    check_nothing_is_left(&system);
}

#[test]
fn a_killed_haproxy_ends_the_whole_system() {
    if haproxy_is_installed() {
        let mut system = System::start(HAPROXY);
        let haproxy = system.parts.iter().find(|(name, _)| name == "haproxy").unwrap().1;
        send(haproxy, Signal::KILL);
        assert_eq!(system.wait().code(), Some(1));
        check_nothing_is_left(&system);
    }
}

#[test]
fn a_closed_terminal_stops_everything_and_other_signals_do_not() {
    let mut system = System::start(SHARED_PORT);
    for process in [&[system.up_pid()][..], &system.servers()].concat() {
        send(process, Signal::USR1);
        send(process, Signal::USR2);
    }
    send(system.servers()[0], Signal::HUP);
    assert_eq!(score(system.address, EXAMPLES[0].request).1, EXAMPLES[0].answer);
    let status = system.end(Signal::HUP);
    assert!(status.success(), "{status}: {}", system.folders().log());
    check_nothing_is_left(&system);
}

#[test]
fn no_process_outlives_a_killed_up() {
    let mut system = System::start(SHARED_PORT);
    assert!(system.parts.iter().all(|&(_, pid)| lives(pid)));
    assert_eq!(system.end(Signal::KILL).code(), None);
}

#[test]
fn keep_leaves_the_segment_and_the_next_start_replaces_it() {
    let shared = Folders::new();
    let mut kept = System::start_with(SHARED_PORT, |command| {
        command.arg("--keep").env("FRAUDRING_SHM_DIR", &shared.shm);
    });
    assert!(kept.end(Signal::TERM).success());
    drop(kept);
    assert_eq!(shared.segments().len(), 1);
    let mut next = System::start_with(SHARED_PORT, |command| _ = command.env("FRAUDRING_SHM_DIR", &shared.shm));
    assert_eq!(shared.segments().len(), 1);
    assert!(next.end(Signal::TERM).success());
    assert_eq!(shared.segments(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_system_whose_output_nobody_reads_runs_and_ends_well() {
    let mut settings = vec!["--no-haproxy"];
    settings.extend(haproxy_is_installed().then_some("--haproxy"));
    for setting in settings {
        let turn = machine::alone();
        let folders = Folders::new();
        let mut command = folders.command();
        command.args(["--port", "0", setting]).stdout(unread());
        let mut system = System::greeted_in_log(command, folders, turn);
        assert_eq!(score(system.address, EXAMPLES[0].request).1, EXAMPLES[0].answer);
        check_clean_end(&mut system);
        assert!(system.folders().log().contains("stopped"), "{}", system.folders().log());
    }
}

#[test]
fn a_system_that_cannot_say_anything_at_all_runs_and_ends_well() {
    let turn = machine::alone();
    let folders = Folders::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = folders.command();
    command.args(["--port", &port.to_string()]).stdout(unread()).stderr(unread());
    let mut system = System::silent(command, ([127, 0, 0, 1], port).into(), folders, turn);
    assert_eq!(score(system.address, EXAMPLES[0].request).1, EXAMPLES[0].answer);
    check_clean_end(&mut system);
}

#[test]
fn sockets_work_whatever_the_folder_for_temporary_files_is_called() {
    if haproxy_is_installed() {
        let scratch = tempfile::tempdir().unwrap();
        // longer than an address of a socket, and no text
        let name = [&[b'x'; 120][..], b"\xff"].concat();
        let folder = scratch.path().join(OsStr::from_bytes(&name));
        std::fs::create_dir(&folder).unwrap();
        let mut system = System::start_with(HAPROXY, |command| _ = command.env("TMPDIR", &folder));
        assert_eq!(score(system.address, EXAMPLES[0].request).1, EXAMPLES[0].answer);
        check_clean_end(&mut system);
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
    }
}

#[test]
fn the_sockets_of_a_killed_up_are_removed_by_the_next() {
    if haproxy_is_installed() {
        let scratch = tempfile::tempdir().unwrap();
        let entries = || std::fs::read_dir(scratch.path()).unwrap().count();
        let mut killed = System::start_with(HAPROXY, |command| _ = command.env("TMPDIR", scratch.path()));
        killed.end(Signal::KILL);
        drop(killed);
        assert_eq!(entries(), 1);
        let mut next = System::start_with(HAPROXY, |command| _ = command.env("TMPDIR", scratch.path()));
        assert_eq!(entries(), 1, "its own");
        assert!(next.folders().log().contains("removed 1 folder(s)"), "{}", next.folders().log());
        check_clean_end(&mut next);
        assert_eq!(entries(), 0);
    }
}
