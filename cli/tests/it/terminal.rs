//! What is drawn on a terminal, as a pseudo terminal sees it: within its width, and nothing but text where `NO_COLOR` is set.

use crate::support::bare_server::BareServer;
use crate::support::http::{EXAMPLES, score};
use crate::support::process::send;
use crate::support::small_data::small_data;
use crate::support::{FRAUDRING, comes_true, data_folder};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::machine;
use testkit::terminal::{ESCAPE, lines, on_terminal, screen};

/// Narrower than what there is to say.
const COLUMNS: usize = 40;

/// Commands of every kind of output: help and errors of the command line, results, progress, a log.
fn command_lines(server: &BareServer) -> Vec<String> {
    let target = format!("unix:{}", server.socket.display());
    [
        "--help",
        "--no-option",
        "index info none.index",
        "index build --references references.json --out /dev/null",
        "dataset references --count 100000 --out /dev/null",
        "replay --payloads payloads.json --index index",
        "explain payloads.json --index index",
        "doctor",
        "server --listen unix:1.sock --shm-dir /nowhere",
        &format!("load-test --plan steady:50,1 --payloads payloads.json --target {target}"),
        &format!("replay --payloads payloads.json --through {target}"),
    ]
    .map(|arguments| format!("{FRAUDRING} {arguments}"))
    .into()
}

fn shown(columns: usize, line: &str, change: impl FnOnce(&mut Command)) -> Output {
    let mut command = on_terminal(columns, line);
    command.current_dir(small_data()).env("FRAUDRING_DATA", data_folder());
    change(&mut command);
    command.output().unwrap()
}

fn has_escapes(output: &Output) -> bool {
    output.stdout.contains(&(ESCAPE as u8))
}

#[test]
fn no_color_leaves_nothing_but_text() {
    let server = BareServer::start("", |_| {});
    let mut coloured = 0;
    for line in command_lines(&server) {
        let usual = shown(80, &line, |_| {});
        coloured += usize::from(has_escapes(&usual));
        for (variable, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let plain = shown(80, &line, |command| _ = command.env(variable, value));
            let text = String::from_utf8_lossy(&plain.stdout);
            assert!(!has_escapes(&plain), "{line} with {variable}={value}: {text:?}");
            assert!(!text.trim().is_empty(), "{line} with {variable}={value} says nothing");
            assert_eq!(plain.status.code(), usual.status.code(), "{line} with {variable}={value}");
        }
    }
    // help, an error, progress, a log
    assert!(coloured >= 4, "only {coloured} command lines use the terminal at all");
    server.end();
}

#[test]
fn outside_a_terminal_there_are_no_escape_sequences() {
    let server = BareServer::start("", |_| {});
    for line in command_lines(&server) {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{line} 2>&1")]).current_dir(small_data()).env("TERM", "xterm");
        let output = command.env("FRAUDRING_DATA", data_folder()).env_remove("NO_COLOR").output().unwrap();
        assert!(!has_escapes(&output), "{line}: {:?}", String::from_utf8_lossy(&output.stdout));
    }
    server.end();
}

#[test]
fn what_is_drawn_over_fits_the_terminal() {
    let server = BareServer::start("", |_| {});
    let mut drawn = 0;
    let commands = [
        // progress of a phase, its end, and a note
        ("dataset references --count 300000 --out /dev/null", ""),
        ("index build --references references.json --out /dev/null", ""),
        ("shm load index --shm-dir SEGMENTS", ">/dev/null"),
        ("load-test --plan steady:50,1 --payloads payloads.json --target unix:SOCKET", ">/dev/null"),
    ];
    let shared = tempfile::tempdir_in("/dev/shm").unwrap();
    for (arguments, rest) in commands {
        let arguments = arguments.replace("SOCKET", server.socket.to_str().unwrap());
        let arguments = arguments.replace("SEGMENTS", shared.path().join("segments").to_str().unwrap());
        let sent = shown(COLUMNS, &format!("{FRAUDRING} {arguments} {rest}"), |_| {}).stdout;
        // what stays may be longer, a terminal wraps it: the line of a phase that has ended
        for line in lines(&sent).iter().filter(|line| line.contains('%') || line.contains('/')) {
            if !line.contains(" in ") {
                assert!(line.chars().count() <= COLUMNS, "{arguments}: {line:?}");
                drawn += 1;
            }
        }
    }
    assert!(drawn >= 4, "nothing is drawn");
    server.end();
}

#[test]
fn the_live_line_of_a_load_test_has_what_matters_most() {
    let server = BareServer::start("", |_| {});
    let target = server.socket.display();
    let test = format!("{FRAUDRING} load-test --plan steady:50,1 --payloads payloads.json --target unix:{target}");
    let shown = lines(&shown(70, &format!("{test} >/dev/null"), |_| {}).stdout);
    server.end();
    assert!(shown.iter().any(|line| line.contains("slowest") && line.contains(" errors")), "{shown:#?}");
    let mut live = shown.iter().filter(|line| line.starts_with("  load-test"));
    assert!(live.all(|line| line.chars().count() <= 70), "{shown:#?}");
}

/// `up` on a terminal, and what the terminal was sent so far.
struct Terminal {
    script: Child,
    sent: Arc<Mutex<Vec<u8>>>,
    _folders: [tempfile::TempDir; 2],
}

impl Terminal {
    fn up(columns: usize, change: impl FnOnce(&mut Command)) -> Self {
        let (shared, temporary) = (tempfile::tempdir_in("/dev/shm").unwrap(), tempfile::tempdir().unwrap());
        let mut command = on_terminal(
            columns,
            &format!("exec {FRAUDRING} up --port 0 --no-haproxy --servers 2 --cpus 0,0 --admin none --index index"),
        );
        command.current_dir(small_data()).env("FRAUDRING_SHM_DIR", shared.path().join("segments"));
        command.env("TMPDIR", temporary.path()).env("RUST_LOG", "info").env("FRAUDRING_DATA", data_folder());
        change(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let mut script = command.spawn().unwrap();
        let (mut output, sent) = (script.stdout.take().unwrap(), Arc::<Mutex<Vec<u8>>>::default());
        let all = Arc::clone(&sent);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                all.lock().unwrap().extend(&bytes[..count]);
            }
        });
        Self { script, sent, _folders: [shared, temporary] }
    }

    fn sent(&self) -> Vec<u8> {
        self.sent.lock().unwrap().clone()
    }

    fn shows(&self, text: &str, times: usize) -> bool {
        comes_true(Duration::from_secs(60), || {
            lines(&self.sent()).iter().filter(|line| line.contains(text)).count() >= times
        })
    }

    /// Ctrl-C, as a user types it; the exit status.
    fn interrupt(&mut self) -> Option<i32> {
        self.script.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
        let mut status = None;
        comes_true(Duration::from_secs(60), || {
            status = self.script.try_wait().unwrap();
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // what runs on a terminal that is closed ends, too
        self.script.kill().unwrap_or_default();
        self.script.wait().unwrap();
    }
}

#[test]
fn up_draws_a_live_line_that_fits_and_leaves_nothing_behind() {
    let _turn = machine::alone();
    let mut up = Terminal::up(COLUMNS, |_| {});
    assert!(up.shows("0/s, p99 - us, ", 2), "{:#?}", lines(&up.sent()));
    let greeting = lines(&up.sent());
    let find = |text: &str| greeting.iter().find_map(|line| Some(line.split_once(text)?.1.trim().to_owned())).unwrap();
    let address = find("listening   http://");
    for example in EXAMPLES {
        let address = address.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(score(address, example.request).0, 200);
    }
    assert!(up.shows("2/s, p99 ", 1) || up.shows("1/s, p99 ", 2), "{:#?}", lines(&up.sent()));
    send(find("server 1/2  pid ").parse().unwrap(), Signal::HUP);
    assert!(up.shows("SIGHUP: ", 1) && up.shows("0/s, p99 - us, ", 4), "{:#?}", lines(&up.sent()));
    assert_eq!(up.interrupt(), Some(0), "{:#?}", lines(&up.sent()));

    let sent = String::from_utf8(up.sent()).unwrap();
    let live: Vec<String> = sent.split(['\r', '\n']).flat_map(|line| lines(line.as_bytes())).collect();
    // the terminal itself shows what is typed
    let live = live.iter().map(|line| line.trim_end_matches("^C"));
    let mut live = live.filter(|line| line.starts_with("  ") && line.contains("/s, p99"));
    assert!(live.all(|line| line.chars().count() <= COLUMNS), "{sent:?}");
    let screen = screen(COLUMNS, sent.as_bytes());
    assert!(!screen.iter().any(|row| row.contains("p99")), "the line is left behind: {screen:#?}");
    let said = screen.iter().position(|row| row.contains("SIGHUP")).unwrap();
    // time and level stand at the left of the row where the log line begins
    assert!(screen[..=said].iter().rev().take(4).any(|row| row.starts_with("20")), "drawn into: {screen:#?}");
    assert_eq!(screen.iter().rfind(|row| !row.is_empty()).map(String::as_str), Some("stopped"), "{screen:#?}");
}

#[test]
fn up_draws_no_live_line_where_colours_are_not_wanted() {
    let _turn = machine::alone();
    let mut up = Terminal::up(COLUMNS, |command| _ = command.env("NO_COLOR", "1"));
    assert!(up.shows("Ctrl-C stops", 1), "{:#?}", lines(&up.sent()));
    // longer than until the first would be drawn
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(up.interrupt(), Some(0), "{:#?}", lines(&up.sent()));
    assert!(!up.sent().contains(&(ESCAPE as u8)) && !lines(&up.sent()).iter().any(|line| line.contains("p99")));
}
