//! Another index for a running server: which one answers when, what is refused, and what is left of the one before.

mod corrupted;
mod images;

use crate::support::{
    Client, IndexFolder, Listen, PATIENCE, READY, Sandbox, Server, at_once, comes_true, payload, post,
};
use images::Image;
use rustix::process::Signal;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const BOTH: [Sandbox; 2] = [Sandbox::None, Sandbox::NoIoUring];
const PAYLOADS: u32 = 200;

/// The server has gone over to what was published last; how long that held its loop up, in nanoseconds.
fn wait_for_switch(server: &mut Server) -> u64 {
    let line: serde_json::Value = serde_json::from_str(&server.wait_for_line("went over")).unwrap();
    line["switch_ns"].as_u64().unwrap()
}

#[track_caller]
fn must_answer_by(image: &Image, client: &mut Client) {
    for n in 0..PAYLOADS {
        assert_eq!(client.ask(post(&payload(n))).body, image.answer(n), "{n}");
    }
}

/// Asks on one connection until it is told to stop: every answer is the old index's or the new one's, and never the old
/// one's after the new one's. Returns how many answers were told apart as old and as new.
fn ask_over_a_switch(address: &str, [old, new]: [&Image; 2], stop: &AtomicBool) -> (u32, u32) {
    let mut client = Client::connect(address);
    let mut told = (0, 0);
    for n in (0..PAYLOADS).cycle() {
        let body = client.ask(post(&payload(n))).body;
        match (body == old.answer(n), body == new.answer(n)) {
            (true, true) => {}
            (true, false) => {
                assert_eq!(told.1, 0, "payload {n}: the old index answers after the new one");
                told.0 += 1;
            }
            (false, true) => told.1 += 1,
            (false, false) => panic!("payload {n}: {body} is neither {} nor {}", old.answer(n), new.answer(n)),
        }
        if stop.load(Ordering::Relaxed) && told.1 > 100 {
            break;
        }
    }
    told
}

/// What the line `stopped` tells: allocations of requests.
fn allocations(mut server: Server) -> u64 {
    server.signal(Signal::TERM);
    let line = server.wait_for_line("\"stopped");
    assert_eq!(server.wait().code(), Some(0));
    serde_json::from_str::<serde_json::Value>(&line).unwrap()["allocations"].as_u64().unwrap()
}

#[test]
fn under_load_every_answer_is_of_one_index_and_the_new_one_stays() {
    let (old, new) = (Image::random(400, 42), Image::random(400, 43));
    let differ = (0..PAYLOADS).filter(|&n| old.answer(n) != new.answer(n)).count();
    assert!(differ * 10 >= PAYLOADS as usize * 3, "{differ} of {PAYLOADS} answers differ");
    at_once(&BOTH, |sandbox| {
        for listen in [Listen::Unix, Listen::Tcp] {
            let place = IndexFolder::empty();
            place.publish_image(&old.bytes);
            let mut server = Server::start(&place, listen, sandbox, &[]);
            let (address, stop) = (server.address.clone(), AtomicBool::new(false));
            std::thread::scope(|scope| {
                let ask = || ask_over_a_switch(&address, [&old, &new], &stop);
                let clients: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
                must_answer_by(&old, &mut Client::connect(&address));
                place.publish_image(&new.bytes);
                println!("{sandbox:?} {listen:?}: the loop was held up for {} ns", wait_for_switch(&mut server));
                must_answer_by(&new, &mut Client::connect(&address));
                stop.store(true, Ordering::Relaxed);
                for client in clients {
                    let (before, after) = client.join().unwrap();
                    assert!(before > 0 && after > 0, "{before} answers before, {after} after");
                }
            });
            assert_eq!(allocations(server), 0);
        }
    });
}

#[test]
fn twenty_indexes_leave_the_memory_of_one_and_allocate_nothing() {
    let images = [Image::random(400, 1), Image::random(300, 2)];
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::empty();
        place.publish_image(&images[0].bytes);
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let mut client = server.connect();
        must_answer_by(&images[0], &mut client);
        let (descriptors, mut after_two) = (server.descriptors(), 0);
        for number in 1..=20 {
            let image = &images[number % 2];
            place.publish_image(&image.bytes);
            wait_for_switch(&mut server);
            must_answer_by(image, &mut client);
            if number == 2 {
                after_two = server.own_kilobytes();
            }
        }
        assert!(comes_true(PATIENCE, || server.mappings() == 1), "the memory of more than one index is left");
        server.must_come_down_to(descriptors);
        let own = server.own_kilobytes();
        println!("{sandbox:?}: {after_two} KiB after 2 switches, {own} KiB after 20");
        assert!(own < after_two + 512, "{after_two} KiB after 2 switches, {own} KiB after 20");
        assert_eq!(allocations(server), 0);
    });
}

#[test]
fn the_index_before_can_be_cut_off_and_the_one_that_answers_cannot() {
    at_once(&BOTH, |sandbox| {
        let (place, new) = (IndexFolder::new(), Image::random(400, 8));
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let published = place.index_dir().join(shm_loader::PUBLISHED);
        let before = File::open(&published).unwrap();
        place.publish_image(&new.bytes);
        wait_for_switch(&mut server);
        assert!(comes_true(PATIENCE, || server.mappings() == 1));
        let cut = |file: &Path| {
            std::fs::set_permissions(file, PermissionsExt::from_mode(0o644)).unwrap();
            OpenOptions::new().write(true).open(file).unwrap().set_len(0).unwrap();
        };
        cut(Path::new(&format!("/proc/self/fd/{}", before.as_raw_fd())));
        must_answer_by(&new, &mut server.connect());
        cut(&published);
        server.connect().send(post(&payload(1)));
        assert_eq!(server.wait().code(), Some(6), "{:#?}", server.lines);
        assert!(server.lines.concat().contains("cut off while it was served"), "{:#?}", server.lines);
    });
}

#[test]
fn what_the_loader_has_checked_is_not_checked_again() {
    let place = IndexFolder::new();
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    for _ in 0..5 {
        place.publish_image(&Image::random(400, 5).bytes);
        assert!(server.wait_for_line("went over").contains(r#""checked_by":"loader""#));
    }
}

#[test]
fn a_folder_that_nobody_tells_of_is_looked_at() {
    let (first, second) = (Image::random(400, 1), Image::random(400, 2));
    let place = IndexFolder::empty();
    let options = ["--wait-for-index"];
    let mut server = Server::start(&place, Listen::Unix, Sandbox::NoInotify, &options);
    let mut client = server.connect();
    assert_eq!(client.ask(READY).status, 503);
    for image in [&first, &second] {
        place.publish_image(&image.bytes);
        server.wait_for_line("checked_by");
        must_answer_by(image, &mut client);
    }
}

#[test]
fn a_folder_that_takes_the_place_of_another_is_watched() {
    let (first, second) = (Image::random(400, 1), Image::random(400, 2));
    let place = IndexFolder::empty();
    place.publish_image(&first.bytes);
    let mut server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    std::fs::rename(place.index_dir(), place.path("moved away")).unwrap();
    for image in [&second, &first] {
        place.publish_image(&image.bytes);
        wait_for_switch(&mut server);
        must_answer_by(image, &mut server.connect());
    }
}

#[test]
fn sighup_asks_for_a_look_and_gets_an_answer_in_the_log() {
    at_once(&BOTH, |sandbox| {
        let place = IndexFolder::new();
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        server.signal(Signal::HUP);
        server.wait_for_line("SIGHUP: the published index answers already");
        place.publish_unchecked(b"no index");
        let line = server.wait_for_line("refused, the index before answers on");
        assert!(line.contains(r#""reason":"damaged""#) && line.contains("too few"), "{line}");
        server.signal(Signal::HUP);
        assert!(server.wait_for_line("SIGHUP: still refused").contains("too few"));
        std::fs::remove_file(place.index_dir().join(shm_loader::PUBLISHED)).unwrap();
        server.signal(Signal::HUP);
        server.wait_for_line("SIGHUP: nothing is published");
        assert_eq!(server.connect().ask(post(&payload(1))).body, place.expected(&payload(1)));
        assert_eq!(server.lines.concat().matches("answers on").count(), 1, "said once: {:#?}", server.lines);
    });
}

#[test]
fn the_reload_thread_may_use_all_cores_though_the_server_is_pinned() {
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &["--cpu", "0"]);
    let tasks = format!("/proc/{}/task", server.process_id());
    let allowed =
        |status: &str| status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:\t").map(str::to_owned));
    let own = allowed(&std::fs::read_to_string("/proc/self/status").unwrap());
    let reload = std::fs::read_dir(tasks).unwrap().find_map(|task| {
        let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        status.starts_with("Name:\treload\n").then(|| allowed(&status))
    });
    assert_eq!(reload, Some(own));
}

/// A member that goes over to another index says so to those that want to join.
#[test]
fn servers_that_share_a_port_go_over_and_are_joined_by_those_of_the_new_index() {
    at_once(&BOTH, |sandbox| {
        let shared = &["--share-port"];
        let (place, other, new) = (IndexFolder::new(), IndexFolder::new(), Image::random(400, 9));
        let mut servers = vec![Server::start(&place, Listen::Tcp, sandbox, shared)];
        let address = servers[0].address.clone();
        servers.push(Server::start_at(&place, &address, sandbox, shared));
        place.publish_image(&new.bytes);
        for server in &mut servers {
            wait_for_switch(server);
        }
        servers.push(Server::start_at(&place, &address, sandbox, shared));
        (0..8).for_each(|_| must_answer_by(&new, &mut Client::connect(&address)));
        let mut refused = Server::spawn(crate::support::command(&other, &address, sandbox, shared));
        assert_eq!(refused.wait().code(), Some(2), "{:#?}", refused.lines);
        assert!(refused.lines.concat().contains("another index"), "{:#?}", refused.lines);
    });
}
