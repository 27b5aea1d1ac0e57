//! `inspect` tells what lies in the folder and who maps it; `unload` removes it.

use crate::common::{Attached, SegmentFolder, attached, finish, index, send};
use serde_json::Value;
use shm_loader::{GenerationState, SegmentState, inspect, unload_all};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use testkit::requirement::skip;

/// The program of `examples/reader.rs`, which `cargo test` builds as well.
fn reader() -> PathBuf {
    let programs = std::env::current_exe().unwrap();
    let reader = programs.ancestors().nth(2).unwrap().join("examples/reader");
    assert!(
        reader.exists(),
        "no {}: cargo build -p shm-loader --example reader, with this test's profile",
        reader.display()
    );
    reader
}

/// A process that has touched all of the segment; it ends with its standard input.
struct OtherReader(Attached);

impl OtherReader {
    fn new(place: &SegmentFolder) -> Self {
        let mut command = Command::new(reader());
        command.arg(place.dir()).arg0("reader\x1b[31m of the test");
        Self::start(command)
    }

    /// Sees the folder under another name, as a container does.
    fn in_a_mount_namespace(place: &SegmentFolder) -> Self {
        let inside = place.root().join("inside");
        std::fs::create_dir(&inside).unwrap();
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", r#"mount --bind "$1" "$2" && shift 2 && exec "$@""#, "sh"]);
        command.arg(place.dir()).arg(&inside).arg(reader()).arg(&inside);
        Self::start(command)
    }

    fn start(command: Command) -> Self {
        Self(attached(command).expect("the reader did not attach"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn end(self) {
        self.0.end();
    }
}

#[test]
fn the_report_describes_the_segment() {
    let place = SegmentFolder::new();
    let bytes = index(20_000, 1);
    let published = place.load(&place.file("index", &bytes)).unwrap();
    let segment = inspect(&place.dir()).unwrap().segment.unwrap();
    assert_eq!((segment.path, segment.bytes), (place.published(), bytes.len() as u64));
    assert_eq!(segment.pages.total, (bytes.len() as u64).div_ceil(segment.pages.page_bytes));
    assert_eq!(segment.pages.resident, segment.pages.total);
    assert_eq!(segment.problem, None);
    let index = segment.index.unwrap();
    assert_eq!((index.checksum(), index.contents().count()), (&*published.checksum, 20_000));
    let scoring::ImageInfo::References(info) = index else { panic!("references: {index:?}") };
    assert_eq!(info.legit + info.fraud, 20_000);
    assert!(!info.sections.is_empty());
    assert!(!segment.in_use);
}

#[test]
fn every_process_that_maps_the_segment_is_shown_with_its_share() {
    let place = SegmentFolder::new();
    let bytes = index(20_000, 1);
    place.load(&place.file("index", &bytes)).unwrap();
    let readers = [OtherReader::new(&place), OtherReader::new(&place)];

    let report = inspect(&place.dir()).unwrap();
    assert!(report.segment.unwrap().in_use);
    let mut expected = [readers[0].pid(), readers[1].pid()];
    expected.sort_unstable();
    assert_eq!(report.processes.iter().map(|process| process.pid).collect::<Vec<_>>(), expected);
    for process in &report.processes {
        assert_eq!(process.segment, SegmentState::Published);
        assert!(process.command.starts_with("reader?[31m of the test"), "{:?}", process.command);
        assert!(process.segment_mapped_bytes >= bytes.len() as u64);
        assert_eq!(process.segment_rss_bytes, process.segment_mapped_bytes, "all of it was touched");
        assert_eq!(process.segment_pss_bytes, process.segment_rss_bytes / 2 / 1024 * 1024, "two share each page");
        assert!(process.anonymous_rss_bytes > 0);
        assert!(process.rss_bytes >= process.segment_rss_bytes + process.anonymous_rss_bytes);
        assert!(process.pss_bytes < process.rss_bytes);
    }
    readers.into_iter().for_each(OtherReader::end);
    let report = inspect(&place.dir()).unwrap();
    assert!(report.processes.is_empty() && !report.segment.unwrap().in_use);
}

#[test]
fn readers_of_replaced_and_unloaded_segments_are_shown_as_such() {
    let place = SegmentFolder::new();
    place.load(&place.file("old", &index(2_000, 1))).unwrap();
    let old = OtherReader::new(&place);
    place.load(&place.file("new", &index(3_000, 2))).unwrap();
    let new = OtherReader::new(&place);
    let states = |report: &shm_loader::Inspection| -> Vec<(u32, SegmentState)> {
        let mut states: Vec<_> = report.processes.iter().map(|process| (process.pid, process.segment)).collect();
        states.sort_by_key(|state| state.0 != old.pid());
        states
    };

    let report = inspect(&place.dir()).unwrap();
    assert_eq!(states(&report), [(old.pid(), SegmentState::Replaced), (new.pid(), SegmentState::Published)]);
    assert_eq!(report.replaced_segments.len(), 1);
    assert_eq!(report.replaced_segments[0].processes, 1);

    assert!(unload_all(&place.dir()).unwrap().still_in_use);
    let report = inspect(&place.dir()).unwrap();
    assert!(report.segment.is_none());
    assert_eq!(states(&report), [(old.pid(), SegmentState::Replaced), (new.pid(), SegmentState::Replaced)]);
    assert_eq!(report.replaced_segments.len(), 2);
    old.end();
    new.end();
}

#[test]
fn a_reader_in_another_mount_namespace_is_found() {
    let unshare = Command::new("unshare").args(["--mount", "true"]).output();
    if !unshare.is_ok_and(|output| output.status.success()) {
        return skip("tmpfs", "no mount namespace can be made here");
    }
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let reader = OtherReader::in_a_mount_namespace(&place);
    for state in [SegmentState::Published, SegmentState::Replaced] {
        let report = inspect(&place.dir()).unwrap();
        let seen: Vec<_> = report.processes.iter().map(|process| (process.pid, process.segment)).collect();
        assert_eq!(seen, [(reader.pid(), state)]);
        if state == SegmentState::Published {
            place.load(&place.file("index", &index(500, 2))).unwrap();
        }
    }
    reader.end();
}

#[test]
fn what_another_user_may_not_see_is_counted_and_not_passed_over() {
    if !crate::common::is_root() {
        return skip("root", "only root can become somebody else");
    }
    let place = SegmentFolder::new().open_to_all();
    place.load(&place.file("index", &index(20_000, 1))).unwrap();
    let reader = OtherReader::new(&place);
    let report = crate::common::as_nobody(|| inspect(&place.dir())).unwrap();
    reader.end();
    assert!(report.processes_not_readable > 0);
    assert!(report.processes.is_empty());
    let segment = report.segment.unwrap();
    assert!(segment.in_use);
    assert_eq!((segment.pages.source, segment.pages.resident), ("st_blocks", segment.pages.total));
}

#[test]
fn segments_of_other_folders_are_not_taken_for_ours() {
    let (place, other) = (SegmentFolder::new(), SegmentFolder::new());
    place.load(&place.file("index", &index(500, 1))).unwrap();
    other.load(&other.file("index", &index(500, 1))).unwrap();
    let reader = OtherReader::new(&other);
    other.load(&other.file("index", &index(500, 2))).unwrap();
    assert!(inspect(&place.dir()).unwrap().processes.is_empty());
    assert_eq!(inspect(&other.dir()).unwrap().processes.len(), 1);
    reader.end();
}

#[test]
fn a_damaged_segment_is_shown_with_its_problem() {
    let place = SegmentFolder::new();
    std::fs::create_dir(place.dir()).unwrap();
    std::fs::write(place.published(), b"not an index").unwrap();
    let segment = inspect(&place.dir()).unwrap().segment.unwrap();
    assert!(segment.index.is_none());
    assert!(segment.problem.is_some_and(|problem| problem.contains("too few")));
    let finished = finish(place.command("inspect").spawn().unwrap());
    assert!(finished.stdout.contains("PROBLEM"), "{}", finished.stdout);
}

#[test]
fn nothing_there_is_a_report_and_not_an_error() {
    let place = SegmentFolder::new();
    for existing in [false, true] {
        if existing {
            std::fs::create_dir(place.dir()).unwrap();
        }
        let report = inspect(&place.dir()).unwrap();
        assert!(report.segment.is_none() && report.processes.is_empty());
        let finished = finish(place.command("inspect").spawn().unwrap());
        assert_eq!(finished.code, Some(0));
        assert!(finished.stdout.contains("shm-loader load FILE --shm-dir"), "{}", finished.stdout);
    }
}

#[test]
fn the_json_keys_are_those_that_were_promised() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    std::fs::write(place.dir().join(".loading-1"), [0; 5000]).unwrap();
    let reader = OtherReader::new(&place);
    let finished = finish(place.command("inspect").arg("--json").spawn().unwrap());
    reader.end();
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        keys(&report),
        "directory generations leftovers processes processes_not_readable replaced_segments segment"
    );
    assert_eq!(keys(&report["segment"]), "bytes checked_by generation in_use index inode pages path problem");
    assert_eq!(keys(&report["segment"]["pages"]), "huge_bytes page_bytes resident source total");
    assert_eq!(
        keys(&report["processes"][0]),
        "anonymous_rss_bytes command pid pss_bytes rss_bytes segment segment_huge_bytes segment_inode segment_mapped_bytes \
         segment_pss_bytes segment_rss_bytes"
    );
    assert_eq!(report["processes"][0]["segment"], "published");
    assert_eq!(keys(&report["generations"][0]), "bytes inode number problem read sound state");
    assert_eq!(report["generations"][0]["state"], "current");
    assert_eq!(report["leftovers"], serde_json::json!([{"name": ".loading-1", "bytes": 8192}]));
}

#[test]
fn the_table_shows_sections_and_processes() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let reader = OtherReader::new(&place);
    let finished = finish(place.command("inspect").spawn().unwrap());
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    for part in ["references  500 (", "a vector", "pages of 4096 bytes (mincore)", "yes, readers hold its lock"] {
        assert!(finished.stdout.contains(part), "{part}: {}", finished.stdout);
    }
    assert!(finished.stdout.contains(&format!(" {} ", reader.pid())), "{}", finished.stdout);
    assert!(!finished.stdout.contains('\x1b'), "a command line reached the terminal unescaped");
    reader.end();
}

#[test]
fn unloading_removes_the_segment_and_frees_its_memory() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let finished = finish(place.command("unload").spawn().unwrap());
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert_eq!(finished.stdout, format!("removed the segment in {}\n", place.dir().display()));
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn unloading_where_nothing_is_says_so_and_is_no_error() {
    let place = SegmentFolder::new();
    for existing in [false, true] {
        if existing {
            std::fs::create_dir(place.dir()).unwrap();
        }
        let finished = finish(place.command("unload").spawn().unwrap());
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(finished.stdout.starts_with("there was no segment"), "{}", finished.stdout);
    }
}

#[test]
fn unloading_says_that_readers_still_map_the_segment() {
    let place = SegmentFolder::new();
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let reader = OtherReader::new(&place);
    let finished = finish(place.command("unload").spawn().unwrap());
    assert!(finished.stdout.contains("readers still map it"), "{finished:?}");
    reader.end();
}

#[test]
fn the_version_and_the_exit_codes_are_told() {
    let run = |argument| {
        let output = Command::new(env!("CARGO_BIN_EXE_shm-loader")).arg(argument).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run("--version"), format!("shm-loader {}\n", command_line::version()));
    let help = run("--help");
    for part in ["load", "inspect", "unload", "Exit codes:", "4  no room in shared memory"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

/// Each generation's number and state, whether it is read, and whether it was found sound.
fn generations(report: &shm_loader::Inspection) -> Vec<(u64, GenerationState, bool, Option<bool>)> {
    report.generations.iter().map(|one| (one.number, one.state, one.read, one.sound)).collect()
}

#[test]
fn generations_are_shown_with_their_state_and_whether_they_are_read() {
    let place = SegmentFolder::new();
    let file = place.file("index", &index(500, 1));
    let load = |keep| {
        let options = shm_loader::Options { keep, ..Default::default() };
        shm_loader::load_with(&shm_loader::IndexFile::at(&file), &place.dir(), &options, &|_, _, _| ()).unwrap();
    };
    load(0);
    let first = OtherReader::new(&place);
    load(0);
    let report = inspect(&place.dir()).unwrap();
    let replaced = (1, GenerationState::Replaced, true, None);
    assert_eq!(generations(&report), [replaced, (2, GenerationState::Current, false, Some(true))]);
    first.end();

    let second = OtherReader::new(&place);
    load(1);
    std::fs::copy(place.published(), place.dir().join("generation-9.index")).unwrap();
    let report = inspect(&place.dir()).unwrap();
    assert_eq!(
        generations(&report),
        [
            (2, GenerationState::Kept, true, None),
            (3, GenerationState::Current, false, Some(true)),
            (9, GenerationState::Unfinished, false, None)
        ]
    );
    assert_eq!(report.processes[0].segment, SegmentState::Kept);
    assert!(report.replaced_segments.is_empty());
    second.end();
}

#[test]
fn only_verifying_reads_what_the_loader_has_checked_and_what_is_kept() {
    let place = SegmentFolder::new();
    let file = place.file("index", &index(500, 1));
    let options = shm_loader::Options { keep: 1, ..Default::default() };
    for _ in 0..2 {
        shm_loader::load_with(&shm_loader::IndexFile::at(&file), &place.dir(), &options, &|_, _, _| ()).unwrap();
    }
    let kept = place.dir().join("generation-1.index");
    let mut bytes = std::fs::read(&kept).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&kept).unwrap();
    std::fs::write(&kept, bytes).unwrap();

    let report = inspect(&place.dir()).unwrap();
    assert_eq!(report.segment.unwrap().checked_by, "loader");
    assert_eq!(report.generations[0].sound, None);
    let finished = finish(place.command("inspect").args(["--verify", "--json"]).spawn().unwrap());
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["segment"]["checked_by"], "inspection");
    assert_eq!(report["generations"][0]["sound"], false);
    assert!(report["generations"][0]["problem"].as_str().unwrap().contains("checksum"));
    assert_eq!(report["generations"][1]["sound"], true);
    let finished = finish(place.command("inspect").arg("--verify").spawn().unwrap());
    assert!(
        finished.stdout.contains("generation  1 kept") && finished.stdout.contains("PROBLEM"),
        "{}",
        finished.stdout
    );
}

#[test]
fn watching_shows_each_state_until_it_is_interrupted() {
    let place = SegmentFolder::new();
    let mut watcher = place.command("inspect").args(["--watch", "--json"]).spawn().unwrap();
    let mut lines = BufReader::new(watcher.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert!(next()["segment"].is_null());
    place.load(&place.file("index", &index(500, 1))).unwrap();
    let seen = (0..10).any(|_| next()["segment"]["generation"] == 1);
    assert!(seen, "the load was not seen");
    send(&watcher, rustix::process::Signal::INT);
    assert_eq!(finish(watcher).code, Some(0));
}
