//! What commands do when nobody reads what they print: each ends as it would have, and none panics.

use crate::support::process::send;
use crate::support::{FRAUDRING, comes_true, fraudring, unread};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use testkit::client::Client;

const PATIENCE: Duration = Duration::from_secs(60);

/// References, an index of them, payloads labelled by them, and the same payloads labelled wrongly.
fn data() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("streams");
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let (references, index, payloads) = (path("references.json"), path("index"), path("payloads.json"));
        for arguments in [
            vec!["dataset", "references", "--count", "500", "--out", &references],
            vec!["index", "build", "--references", &references, "--out", &index],
            vec!["dataset", "payloads", "--count", "100", "--references", &references, "--out", &payloads],
        ] {
            let output = fraudring(&arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let right = std::fs::read_to_string(&payloads).unwrap();
        let wrong = right.replace(
            r#""expected_approved":true,"expected_fraud_score":0}"#,
            r#""expected_approved":false,"expected_fraud_score":1}"#,
        );
        assert_ne!(right, wrong);
        std::fs::write(path("wrong.json"), wrong).unwrap();
        folder
    })
}

fn command(arguments: &str) -> Command {
    let mut command = Command::new(FRAUDRING);
    command.args(arguments.split(' ')).current_dir(data()).stdin(Stdio::null());
    command
}

#[test]
fn without_a_reader_of_stdout_the_status_stays_and_nothing_is_said_about_it() {
    for (arguments, status) in [
        ("--help", 0),
        ("--version", 0),
        ("index info index --json", 0),
        ("index effort index --references references.json --count 100", 0),
        ("dataset references --count 20000 --out -", 0),
        ("dataset references --count 20000 --out /dev/stdout", 0),
        ("replay --payloads payloads.json --index index", 0),
        ("replay --payloads wrong.json --index index", 3),
        ("index info none.index", 1),
    ] {
        let output = command(arguments).stdout(unread()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments}: {said}");
        assert_eq!(said.contains("expected denied with score 1.0, got approved with score 0.0"), status == 3, "{said}");
        assert!(!said.contains("panicked") && !said.to_lowercase().contains("broken pipe"), "{arguments}: {said}");
    }
}

#[test]
fn without_a_reader_of_stderr_the_status_stays() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("out.json");
    let out = out.to_str().unwrap();
    for (arguments, status) in [
        ("no-command", 2),
        ("index info none.index", 1),
        (&format!("dataset references --count 10 --out {out}"), 0),
        ("replay --payloads wrong.json --index index", 3),
        ("replay --payloads payloads.json --through http://127.0.0.1:1", 1),
        ("load-test --plan steady:10,1 --payloads payloads.json --target http://127.0.0.1:1", 1),
        ("shm load none.index --shm-dir /dev/shm/fraudring-test-none", 3),
        ("shm inspect --shm-dir /nowhere", 0),
        ("shm unload --shm-dir /etc/passwd", 6),
        ("server --listen unix:none/1.sock --shm-dir /nowhere", 3),
        ("bare-server --listen unix:none/1.sock", 2),
    ] {
        let output = command(arguments).stderr(unread()).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments}");
        let output = command(arguments).stderr(unread()).stdout(unread()).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments}, stdout closed too");
    }
}

/// Whether a server answers that it is ready.
fn is_ready(socket: &Path) -> bool {
    let client = Client::try_connect(&format!("unix:{}", socket.display()));
    client.is_ok_and(|mut client| {
        client.ask("GET /ready HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").status == 200
    })
}

/// A bare server on a socket of its own; killed when dropped.
struct Server {
    child: Child,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts one and waits until it answers.
    fn start(arguments: &str, change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("1.sock");
        let listen = format!("bare-server --cpu none --listen unix:{} {arguments}", socket.display());
        let mut command = command(listen.trim_end());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        change(&mut command);
        let server = Self { child: command.spawn().unwrap(), socket, _folder: folder };
        assert!(comes_true(PATIENCE, || is_ready(&server.socket)), "{listen} does not answer");
        server
    }

    /// Asks it to end and waits for that.
    fn end(mut self) {
        send(self.child.id(), Signal::TERM);
        let mut status = None;
        let ended = comes_true(PATIENCE, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended && status.unwrap().success(), "{status:?}");
        assert!(!self.socket.exists());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_server_serves_and_ends_well_without_a_reader() {
    for driver in ["--driver epoll", "--driver auto"] {
        // the log says something at the start and at the end
        let silenced = |command: &mut Command| _ = command.env("RUST_LOG", "info").stdout(unread()).stderr(unread());
        Server::start(driver, silenced).end();
    }
}

#[test]
fn a_load_test_without_a_reader_tells_by_its_status_what_it_found() {
    let server = Server::start("", |_| {});
    let target = server.socket.display();
    for form in ["", " --json"] {
        let test = format!("load-test --plan steady:50,1 --payloads payloads.json --target unix:{target}{form}");
        let output = command(&test).stdout(unread()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "it approves frauds: {said}");
        assert!(!said.to_lowercase().contains("broken pipe"), "{said}");
    }
    server.end();
}

#[test]
fn a_full_disk_behind_stdout_is_a_failure() {
    for arguments in ["index info index", "dataset references --count 20000 --out -"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {said}");
        assert!(said.contains("No space left"), "{arguments}: {said}");
    }
}

/// As `script` lets a program see a terminal of 70 columns.
#[test]
fn the_live_line_of_a_load_test_fits_the_terminal() {
    const COLUMNS: usize = 70;
    let server = Server::start("", |_| {});
    let test = format!(
        "stty rows 24 columns {COLUMNS} && \
         {FRAUDRING} load-test --plan steady:50,1 --payloads payloads.json --target unix:{} >/dev/null",
        server.socket.display()
    );
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &test, "/dev/null"]).current_dir(data()).env("TERM", "xterm");
    let output = script.stdin(Stdio::null()).output().unwrap();
    server.end();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<String> = text.split(['\r', '\n']).map(visible).collect();
    assert!(lines.iter().any(|line| line.contains("slowest") && line.contains(" errors")), "{text}");
    // what is said at the end may be longer: a terminal wraps it, and nothing is drawn over it
    let mut live = lines.iter().filter(|line| line.starts_with("  load-test"));
    assert!(live.all(|line| line.chars().count() <= COLUMNS), "{lines:#?}");
}

/// Without the sequences that move the cursor and colour the text.
fn visible(line: &str) -> String {
    let mut shown = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // `ESC [ … letter`
            let _ = characters.by_ref().skip(1).find(char::is_ascii_alphabetic);
        } else {
            shown.push(character);
        }
    }
    shown
}
