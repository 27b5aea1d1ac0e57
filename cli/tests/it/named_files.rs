//! `-` wherever a file is named: stdin, or stdout.

mod table;

use crate::support::bare_server::BareServer;
use crate::support::small_data::small_data;
use crate::support::{FRAUDRING, fraudring};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use table::{Dash, NAMED_FILES};

/// How a row of the table is tried.
enum Trial {
    /// The file goes to stdin of this command line, which ends well; and with another file there it does not.
    Reads(&'static str, &'static str),
    /// What this command line writes to a file named in place of `{}` it writes to stdout for `-`.
    Writes(&'static str),
    /// The document on stdout has this key, and what people read is on stderr.
    Documents(&'static str, &'static str),
    /// It needs a system, or a server, and has a test of its own.
    Elsewhere,
}

fn trial(command: &str, argument: &str) -> Trial {
    use Trial::{Documents, Elsewhere, Reads, Writes};
    match (command, argument) {
        ("up", "--index" | "--schema" | "--data")
        | ("load-test" | "replay", "--schema" | "--data")
        | ("up reload", "[FILE]")
        | ("server", "--decision-log") => Elsewhere,
        ("shm load", "<FILE>") => Elsewhere,
        ("replay", "--payloads") => Reads("replay --payloads - --index index", "payloads.json"),
        ("replay", "--references-file") => {
            Reads("replay --references 100 --references-file - --index index", "references.json")
        }
        ("replay", "--index") => Reads("replay --payloads payloads.json --index -", "index"),
        ("load-test", "--payloads") => {
            Reads("load-test --plan steady:50,1 --payloads - --target unix:SOCKET", "payloads.json")
        }
        ("load-test", "--record") => Documents(
            "load-test --plan steady:50,1 --payloads payloads.json --target unix:SOCKET --record -",
            "machine",
        ),
        ("load-test", "--results") => Documents(
            "load-test --plan steady:50,1 --payloads payloads.json --target unix:SOCKET --results -",
            "scoring",
        ),
        ("explain", "<FILE|->") => Reads("explain - --index index", "request.json"),
        ("explain", "--index") => Reads("explain request.json --index -", "index"),
        ("index build", "--references") => Reads("index build --references - --out -", "references.json"),
        ("index build", "--out") => Writes("index build --references references.json --out {}"),
        ("index build", "--normalization") => {
            Reads("index build --references references.json --normalization - --out -", "normalization.json")
        }
        ("index build", "--mcc-risk") => {
            Reads("index build --references references.json --mcc-risk - --out -", "mcc_risk.json")
        }
        ("index build", "--from") => Reads("index build --from - --add rows.csv --out -", "rows.index"),
        ("index build", "--add") => Reads("index build --from rows.index --add - --out -", "rows.csv"),
        ("index build", "--data") => Reads("index build --schema rows.toml --data - --out -", "rows.csv"),
        ("index build", "--schema") => Reads("index build --schema - --data rows.csv --out -", "rows.toml"),
        ("index query", "<FILE>") => Reads("index query - --data rows.csv", "rows.index"),
        ("index query", "--vectors") => Reads("index query rows.index --vectors -", "vectors.csv"),
        ("index query", "--data") => Reads("index query rows.index --data -", "rows.csv"),
        ("index query", "--out") => Writes("index query rows.index --data rows.csv --out {}"),
        ("index info", "<FILE>") => Reads("index info -", "index"),
        ("index effort", "[FILE]") => Reads("index effort - --references references.json --count 100", "index"),
        ("index effort", "--references") => Reads("index effort index --references - --count 100", "references.json"),
        ("data head", "<FILE|->") => Reads("data head - --format json", "rows.json"),
        ("data columns", "<FILE|->") => Reads("data columns - --format json", "rows.json"),
        ("evaluate", "[FILE]") => Reads("evaluate - -k 1", "rows.index"),
        ("evaluate", "--references") => Reads("evaluate --references - -k 1", "references.json"),
        ("schema infer", "<FILE|->") => Reads("schema infer - --label outcome --name rows", "rows.csv"),
        ("schema check", "<FILE|->") => Reads("schema check -", "schema.toml"),
        ("dataset references", "--out") => Writes("dataset references --count 300 --out {}"),
        ("dataset payloads", "--references") => {
            Reads("dataset payloads --references - --count 10 --out -", "references.json")
        }
        ("dataset payloads", "--out") => Writes("dataset payloads --references references.json --count 10 --out {}"),
        other => panic!("no test tries {other:?}"),
    }
}

/// A folder of its own with the small data and files of the other kinds.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["references.json", "index", "payloads.json"] {
        std::fs::copy(small_data().join(name), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("request.json"), crate::support::http::EXAMPLES[0].request).unwrap();
    std::fs::write(folder.path().join("rows.json"), r#"[{"a":1,"b":2}]"#).unwrap();
    std::fs::write(folder.path().join("mcc_risk.json"), r#"{"5411":0.15}"#).unwrap();
    let normalization = r#"{"max_amount":10000,"max_installments":12,"amount_vs_avg_ratio":10,"max_minutes":1440,
        "max_km":1000,"max_tx_count_24h":20,"max_merchant_avg_amount":10000}"#;
    std::fs::write(folder.path().join("normalization.json"), normalization).unwrap();
    let dimension = |name: &str| format!("[[dimension]]\nname = \"{name}\"\nnumber = \"{name}\"\n");
    let head = "name = \"rows\"\nk = 1\n[labels]\nnames = [\"ok\", \"late\"]\nfrom = \"outcome\"\n";
    std::fs::write(folder.path().join("rows.toml"), format!("{head}{}{}", dimension("a"), dimension("b"))).unwrap();
    std::fs::write(folder.path().join("rows.csv"), "a,b,outcome\n1,2,ok\n3,4,late\n").unwrap();
    std::fs::write(folder.path().join("vectors.csv"), "a,b\n1,2\n3,4\n").unwrap();
    let built = piped("index build --schema rows.toml --data rows.csv --out rows.index", folder.path(), "rows.csv");
    assert!(built.status.success(), "{}", said(&built));
    std::fs::write(folder.path().join("schema.toml"), fraudring(&["schema", "example"]).stdout).unwrap();
    std::fs::write(folder.path().join("none.of.these"), "none of these").unwrap();
    folder
}

/// Runs a command in a folder with a pipe as its stdin, through which a file comes.
fn piped(arguments: &str, folder: &Path, file: &str) -> Output {
    let mut command = Command::new(FRAUDRING);
    command.args(arguments.split(' ')).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut pipe, bytes) = (child.stdin.take().unwrap(), std::fs::read(folder.join(file)).unwrap());
    let writer = std::thread::spawn(move || _ = pipe.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_file_of_the_command_line_may_be_a_stream() {
    let (folder, server) = (folder(), BareServer::start("", |_| {}));
    let folder = folder.path();
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let (before, socket) = (names(), server.socket.display().to_string());
    for &(command, argument, dash) in NAMED_FILES {
        let row = format!("{command} {argument}");
        match trial(command, argument) {
            Trial::Reads(line, file) => {
                assert_eq!(dash, Dash::Reads, "{row}");
                let line = line.replace("SOCKET", &socket);
                let (good, bad) = (piped(&line, folder, file), piped(&line, folder, "none.of.these"));
                // the bare server approves frauds
                let status = if command == "load-test" { 3 } else { 0 };
                assert_eq!(good.status.code(), Some(status), "{row}: {}", said(&good));
                assert!(!good.stdout.is_empty(), "{row}");
                assert_eq!(bad.status.code(), Some(1), "{row}: {}", said(&bad));
                assert!(said(&bad).contains("stdin"), "{row}: {}", said(&bad));
            }
            Trial::Writes(line) => {
                assert_eq!(dash, Dash::Writes, "{row}");
                let to_file = piped(&line.replace("{}", "out"), folder, "none.of.these");
                assert!(to_file.status.success() && to_file.stdout.is_empty(), "{row}: {}", said(&to_file));
                let to_stdout = piped(&line.replace("{}", "-"), folder, "none.of.these");
                assert!(to_stdout.status.success(), "{row}: {}", said(&to_stdout));
                assert!(to_stdout.stdout == std::fs::read(folder.join("out")).unwrap(), "{row}: other bytes");
                std::fs::remove_file(folder.join("out")).unwrap();
            }
            Trial::Documents(line, key) => {
                assert_eq!(dash, Dash::Writes, "{row}");
                let output = piped(&line.replace("SOCKET", &socket), folder, "none.of.these");
                let document: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert!(document[key].is_object(), "{row}: {document}");
                assert!(said(&output).contains("p99"), "{row}: {}", said(&output));
            }
            Trial::Elsewhere => {}
        }
        assert_eq!(names(), before, "{row} made a file");
    }
    server.end();
}

#[test]
fn stdin_and_stdout_are_one_file_each() {
    let folder = folder();
    let line = "index build --references references.json --normalization - --mcc-risk - --out -";
    let twice = piped(line, folder.path(), "normalization.json");
    assert!(twice.status.code() == Some(1) && said(&twice).contains("one file only"), "{}", said(&twice));
    assert!(twice.stdout.is_empty());
    for arguments in ["--json --record -", "--record - --results -"] {
        let line = format!("load-test --plan steady:50,1 --payloads payloads.json --target unix:none {arguments}");
        let twice = piped(&line, folder.path(), "none.of.these");
        assert!(twice.status.code() == Some(1) && said(&twice).contains("stdout takes one"), "{}", said(&twice));
    }
}

#[test]
fn an_index_comes_through_a_pipe_into_shared_memory() {
    let (folder, shared) = (folder(), tempfile::tempdir_in("/dev/shm").unwrap());
    let line = format!("shm load - --json --shm-dir {}", shared.path().join("segments").display());
    let output = piped(&line, folder.path(), "index");
    let published: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(published["references"], 500, "{}", said(&output));
    let refused = piped(&line, folder.path(), "none.of.these");
    assert!(refused.status.code() == Some(3) && said(&refused).contains("stdin is not"), "{}", said(&refused));
    let empty = Command::new(FRAUDRING).args(line.split(' ')).stdin(Stdio::null()).output().unwrap();
    assert!(empty.status.code() == Some(3) && said(&empty).contains("stdin is empty"), "{}", said(&empty));
    let mut nowhere = Command::new(FRAUDRING);
    nowhere.args(line.split(' ')).env("TMPDIR", "/nowhere").stdin(File::open(folder.path().join("index")).unwrap());
    let nowhere = nowhere.output().unwrap();
    assert!(nowhere.status.code() == Some(3) && said(&nowhere).contains("TMPDIR"), "{}", said(&nowhere));
}

#[test]
fn a_server_writes_its_decision_log_to_stdout() {
    let shared = tempfile::tempdir_in("/dev/shm").unwrap();
    let (segments, socket) = (shared.path().join("segments"), shared.path().join("1.sock"));
    let (segments, index) = (segments.to_str().unwrap(), small_data().join("index"));
    assert!(fraudring(&["shm", "load", index.to_str().unwrap(), "--shm-dir", segments]).status.success());
    let mut command = Command::new(FRAUDRING);
    command.args(["server", "--cpu", "none", "--shm-dir", segments, "--decision-log", "-"]);
    command.args(["--decision-log-sample", "1/1", "--listen", &format!("unix:{}", socket.display())]);
    let server = command.current_dir(shared.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let example = &crate::support::http::EXAMPLES[0];
    let answer = crate::support::http::score_at(&format!("unix:{}", socket.display()), example.request);
    assert_eq!(answer.0, 200);
    crate::support::process::send(server.id(), rustix::process::Signal::TERM);
    let output = server.wait_with_output().unwrap();
    assert!(output.status.success());
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["id"], "tx-1329056812");
    assert!(!shared.path().join("-").exists());
}
