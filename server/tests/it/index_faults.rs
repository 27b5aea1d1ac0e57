//! An index that is not sound, not trusted, changed or cut off: what a server does that waits for it or has mapped it.

use crate::support::{
    IndexFolder, Listen, PATIENCE, READY, Sandbox, Server, at_once, comes_true, command, payload, post,
};
use index::Index;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];

fn published(place: &IndexFolder) -> PathBuf {
    place.index_dir().join(shm_loader::PUBLISHED)
}

/// The bytes of a sound image.
fn image() -> Vec<u8> {
    std::fs::read(published(&IndexFolder::new())).unwrap()
}

#[test]
fn a_waiting_server_keeps_nothing_of_an_invalid_index_and_checks_it_once() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::empty();
        let mut server = Server::start(&place, Listen::Unix, sandbox, &["--wait-for-index"]);
        let mut client = server.connect();
        assert_eq!(client.ask(READY).status, 503);
        let before = (server.descriptors(), server.mappings());

        let mut damaged = image();
        *damaged.last_mut().unwrap() ^= 1;
        place.publish_unchecked(&damaged);
        server.wait_for_line("checksum");
        // Whoever checks it once more has to wait for this lock, and says so.
        let lock = File::open(published(&place)).unwrap();
        let is_free = comes_true(PATIENCE, || lock.try_lock().is_ok());
        assert!(is_free, "an index that was refused is still mapped and locked");
        // Nothing grows from one look to the next.
        let end = Instant::now() + Duration::from_millis(4 * 500 + 200);
        let mut slowest = Duration::ZERO;
        while Instant::now() < end {
            let asked = Instant::now();
            assert_eq!(client.ask(READY).status, 503);
            slowest = slowest.max(asked.elapsed());
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("slowest answer while an invalid index is there: {slowest:?}");
        lock.unlock().unwrap();
        assert_eq!((server.descriptors(), server.mappings()), before, "descriptors and mappings");

        // Another file is checked, here for another fault, and so is a sound one.
        place.publish_unchecked(&damaged[..damaged.len() / 2]);
        server.wait_for_line("cut off");
        assert_eq!((server.descriptors(), server.mappings()), before);
        place.publish();
        server.wait_for_line("attached and warm");
        assert!(!server.lines.concat().contains("exclusive lock"), "it was checked again: {:#?}", server.lines);
        assert_eq!(client.ask(post(&payload(1))).body, place.expected(&payload(1)));
        assert_eq!(server.mappings(), before.1 + 1);
    });
}

#[test]
fn an_index_that_others_control_is_refused_unless_its_owner_is_trusted() {
    if !rustix::process::geteuid().is_root() {
        return testkit::requirement::skip("root", "only root can give folders away");
    }
    let place = IndexFolder::new();
    let start = |options: &[&str]| Server::spawn(command(&place, "tcp:127.0.0.1:0", Sandbox::None, options));
    let is_refused = |options: &[&str], says: &str| {
        let mut server = start(options);
        assert_eq!(server.wait().code(), Some(3), "{:#?}", server.lines);
        assert_eq!(server.lines.concat().matches(says).count(), 1, "{says}: {:#?}", server.lines);
    };
    std::fs::set_permissions(place.index_dir(), PermissionsExt::from_mode(0o777)).unwrap();
    is_refused(&[], "can be written by others");
    std::fs::set_permissions(place.index_dir(), PermissionsExt::from_mode(0o755)).unwrap();
    std::os::unix::fs::chown(place.index_dir(), Some(4242), None).unwrap();
    is_refused(&[], "--trust-uid 4242");
    is_refused(&["--trust-uid", "4241"], "--trust-uid 4242");
    for options in [&["--trust-uid", "1,4242"][..], &["--trust-uid", "4242"]] {
        start(options).wait_for_line("\"serving\"");
    }
    let mut by_variable = command(&place, "tcp:127.0.0.1:0", Sandbox::None, &[]);
    by_variable.env("FRAUDRING_TRUST_UID", "4242");
    Server::spawn(by_variable).wait_for_line("\"serving\"");
}

/// Opens the published file for writing, as its owner can.
fn writable(path: &Path) -> File {
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
    OpenOptions::new().write(true).open(path).unwrap()
}

/// Sends a request and waits for the server's end.
#[track_caller]
fn dies_of_a_request(server: &mut Server, says: &str) {
    server.connect().send(post(&payload(1)));
    assert_eq!(server.wait().code(), Some(6), "{:#?}", server.lines);
    assert_eq!(server.lines.concat().matches(says).count(), 1, "{:#?}", server.lines);
}

#[test]
fn an_index_that_changes_ends_the_server_and_not_its_work() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let image = image();
        let info = Index::open(&image).unwrap().info();
        let nodes = info.sections.iter().find(|section| section.name == "nodes").unwrap();
        // Every node is the child of every node.
        let zeros = vec![0; nodes.bytes as usize];
        writable(&published(&place)).write_all_at(&zeros, nodes.offset).unwrap();
        dies_of_a_request(&mut server, "the index was changed while it was served");
    });
}

#[test]
fn an_index_that_is_cut_off_ends_the_server_with_a_message() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        writable(&published(&place)).set_len(0).unwrap();
        dies_of_a_request(&mut server, "cut off while it was served");
    });
}

#[test]
fn sigterm_ends_a_server_whose_loop_hangs() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut command = command(&place, "tcp:127.0.0.1:0", sandbox, &["--drain-timeout-ms", "1"]);
        command.stderr(writer.try_clone().unwrap()).stdin(std::process::Stdio::null());
        let mut server = Killed(command.spawn().unwrap());
        drop(command);
        let mut log = BufReader::new(reader).lines().map_while(Result::ok);
        assert!(log.any(|line| line.contains("\"serving\"")));
        // The log is full and nobody reads it any more: the next line, about the stop, is what the loop hangs on.
        while has_room(&writer) {
            writer.write_all(&[b'\n'; 4096]).unwrap();
        }
        let asked = Instant::now();
        rustix::process::kill_process(rustix::process::Pid::from_child(&server.0), Signal::TERM).unwrap();
        let ends = comes_true(PATIENCE, || server.0.try_wait().unwrap().is_some());
        assert!(ends, "SIGTERM does not end it");
        assert_eq!(server.0.wait().unwrap().code(), Some(1));
        println!("ended {:?} after SIGTERM", asked.elapsed());
        drop(log);
    });
}

fn has_room(pipe: &std::io::PipeWriter) -> bool {
    let nothing = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(pipe, PollFlags::OUT)], Some(&nothing)) == Ok(1)
}

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Ended already, or ended by this.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
