//! A build that does not come to its end: whatever ends it, no part of an index is left and the old one stays.

use crate::support::folder::Folder;
use rustix::process::{Pid, Signal, kill_process};
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::random::Random;
use testkit::wait::comes_true;

const FEATURES: usize = 9;
const BUILD: &str = "index build --schema rows.toml --data rows.csv --out rows.index";

/// A folder with so many rows, their schema and a file where the index will be.
fn folder(rows: usize) -> Folder {
    let folder = Folder::new();
    let mut random = Random(3);
    let mut csv = String::from("f0,f1,f2,f3,f4,f5,f6,f7,f8\n");
    for _ in 0..rows {
        for feature in 0..FEATURES {
            let end = if feature + 1 == FEATURES { '\n' } else { ',' };
            write!(csv, "{}{end}", random.next() % 100_000).unwrap();
        }
    }
    folder.write("rows.csv", csv);
    let dimension = |feature| format!("[[dimension]]\nname = \"{feature}\"\nnumber = \"f{feature}\"\n");
    let dimensions: String = (0..FEATURES).map(dimension).collect();
    folder.write("rows.toml", format!("name = \"rows\"\nk = 3\n{dimensions}"));
    folder.write("rows.index", "the old one");
    folder
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path("")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

fn check_nothing_is_left(folder: &Folder) {
    assert_eq!(names(folder), ["rows.csv", "rows.index", "rows.toml"]);
    assert_eq!(std::fs::read_to_string(folder.path("rows.index")).unwrap(), "the old one");
}

#[test]
fn an_interrupted_build_leaves_nothing() {
    let folder = folder(300_000);
    let mut process = folder.command(BUILD).stderr(Stdio::null()).spawn().unwrap();
    let mut ended = || process.try_wait().unwrap().is_some();
    let begins = comes_true(Duration::from_secs(60), || names(&folder).len() > 3 || ended());
    assert!(begins && !ended(), "it was never seen writing");
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(130));
    check_nothing_is_left(&folder);
}

#[test]
fn a_build_that_finds_no_room_for_its_file_leaves_nothing() {
    let folder = folder(20_000);
    // A limit of the size of files in place of a full disk: it is met in the middle of the file, too.
    let limited = format!("ulimit -f 200; trap '' XFSZ; exec \"$0\" {BUILD}");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_fraudring")]).current_dir(folder.path(""));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("writing ") && said.contains("rows.index: File too large"), "{said}");
    check_nothing_is_left(&folder);
}

#[test]
fn the_memory_of_a_build_is_said_before_and_is_what_it_may_take() {
    let folder = folder(20_000);
    let output = folder.run(BUILD);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("20,000 rows take 1 MB, building takes at most "), "{said}");
    folder.write("rows.index", "the old one");
    let message = folder.fails(&format!("{BUILD} --memory 20"));
    assert!(message.contains("more than --memory 20: allow more memory"), "{message}");
    check_nothing_is_left(&folder);
}
