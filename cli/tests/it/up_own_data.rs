//! `fraudring up --schema FILE --data FILE`: from a table to an answered request, and what is kept of it.

use crate::support::folder::Folder;
use crate::support::system::{SHARED_PORT, System, check_clean_end};
use crate::support::{FRAUDRING, http};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use testkit::client::Client;
use testkit::random::Random;

const SCHEMA: &str = r#"
name = "loans"
k = 7
[labels]
names = ["ok", "late", "it's lost"]
from = "outcome"
[rows]
id = "id"
[answer]
neighbours = true
[[dimension]]
name = "amount <b>"
number = "amount"
[[dimension]]
name = "rate"
number = "terms.rate"
weight = 3
[[dimension]]
name = "is_new"
flag = "new"
default = -1
"#;

const LABELS: [&str; 3] = ["ok", "late", "it's lost"];
const WEIGHTS: [f64; 3] = [1.0, 3.0, 1.0];

struct Table {
    values: Vec<[f32; 3]>,
    labels: Vec<usize>,
}

fn table(rows: usize) -> Table {
    let mut random = Random(17);
    let value = |random: &mut Random| (random.next() % 2000) as f32 / 1000.0 - 1.0;
    let flags = [-1.0, 0.0, 1.0];
    let values = (0..rows).map(|_| [value(&mut random), value(&mut random), flags[random.below(3)]]).collect();
    Table { values, labels: (0..rows).map(|_| random.below(3)).collect() }
}

impl Table {
    fn csv(&self) -> String {
        let mut text = String::from("id,amount,terms.rate,new,outcome\n");
        for (row, ([amount, rate, new], label)) in self.values.iter().zip(&self.labels).enumerate() {
            let new = if *new < 0.0 {
                ""
            } else if *new > 0.0 {
                "true"
            } else {
                "false"
            };
            writeln!(text, "L-{row},{amount},{rate},{new},{}", LABELS[*label]).unwrap();
        }
        text
    }

    /// Rows and squared distances of the seven nearest, by looking at all.
    fn nearest(&self, query: [f32; 3]) -> Vec<(f64, usize)> {
        let mut all: Vec<_> =
            self.values.iter().map(|row| space::row_distance(&query, row, &WEIGHTS)).zip(0..).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(7);
        all
    }
}

/// A folder with the schema, a table of 400 rows and room for what is kept.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("loans.toml", SCHEMA);
    folder.write("loans.csv", table(400).csv());
    folder
}

fn start(folder: &Folder, arguments: &[&str]) -> System {
    System::start_with(SHARED_PORT, |command| {
        command.current_dir(folder.path("")).env("FRAUDRING_DATA", folder.path("data")).arg("--schema");
        command.args(["loans.toml", "--data", "loans.csv"]).args(arguments);
    })
}

fn indexes(folder: &Folder) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.path("data")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "index")).collect()
}

/// Status and body of `POST /score`.
fn score(system: &System, body: &str) -> (u16, Value) {
    post(&format!("tcp:{}", system.address), "/score", body)
}

fn post(address: &str, path: &str, body: &str) -> (u16, Value) {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
    let answer = Client::connect(address).ask(format!("{head}{body}"));
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body)))
}

fn admin(system: &System) -> String {
    let line = system.greeting.lines().find(|line| line.trim_start().starts_with("admin")).unwrap();
    format!("tcp:{}", line.split("http://").nth(1).unwrap().split('/').next().unwrap())
}

fn get(address: &str, path: &str) -> String {
    Client::connect(address).ask(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).body
}

/// What the greeting's line gives to curl.
fn pasted(system: &System) -> String {
    let line = system.greeting.lines().find(|line| line.starts_with("curl ")).unwrap();
    assert!(line.starts_with(&format!("curl -s {}/score -d '{{", system.url())), "{line}");
    let output = Command::new("sh").args(["-c", &format!("curl() {{ printf %s \"$4\"; }}; {line}")]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn check_answers(system: &System, table: &Table) {
    let mut random = Random(5);
    for _ in 0..60 {
        let mut number = || (random.next() % 2000) as f32 / 1000.0 - 1.0;
        let (amount, rate) = (number(), number());
        let (text, new) = if amount > 0.0 { (",\"new\":true", 1.0) } else { ("", -1.0) };
        let body = format!("{{\"amount\":{amount},\"terms\":{{\"rate\":{rate}}}{text}}}");
        let (status, answer) = score(system, &body);
        assert_eq!(status, 200, "{answer}");
        let expected = table.nearest([amount, rate, new]);
        let neighbours = answer["neighbours"].as_array().unwrap();
        assert_eq!((neighbours.len(), &answer["k"]), (7, &json!(7)));
        for (neighbour, (distance, row)) in neighbours.iter().zip(&expected) {
            assert_eq!((&neighbour["row"], &neighbour["id"]), (&json!(row), &json!(format!("L-{row}"))), "{body}");
            assert_eq!(neighbour["label"], LABELS[table.labels[*row]]);
            assert_eq!(neighbour["distance"].as_f64(), Some(*distance));
        }
        let count = |label| expected.iter().filter(|(_, row)| table.labels[*row] == label).count();
        for (label, name) in LABELS.iter().enumerate() {
            assert_eq!(answer["shares"][name].as_f64(), Some(count(label) as f64 / 7.0), "{body}");
        }
        let most = (0..3).rev().max_by_key(|label| count(*label)).unwrap();
        assert_eq!(answer["label"], LABELS[most]);
    }
}

#[test]
fn a_table_is_served_and_built_anew_only_when_it_changes() {
    let folder = folder();
    let mut system = start(&folder, &[]);
    assert!(system.folders().log().contains("building the index of loans.csv"), "{}", system.folders().log());
    assert!(system.greeting.contains("400 rows of loans"), "{}", system.greeting);
    check_answers(&system, &table(400));
    let (status, answer) = score(&system, &pasted(&system));
    assert_eq!((status, answer["neighbours"].as_array().unwrap().len()), (200, 7), "{answer}");
    assert_eq!(score(&system, "{\"amount\":1}").0, 400);
    assert_eq!(http::score(system.address, "{}").0, 404, "the contest's path is not there");
    check_clean_end(&mut system);
    drop(system);
    let first = indexes(&folder);
    assert_eq!(first.len(), 1);

    let mut system = start(&folder, &["--servers", "1"]);
    assert!(!system.folders().log().contains("building"), "{}", system.folders().log());
    check_answers(&system, &table(400));
    system.end(Signal::TERM);
    drop(system);
    assert_eq!(indexes(&folder), first);

    // the index that is kept is damaged: the loader finds it
    let mut bytes = std::fs::read(&first[0]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&first[0], bytes).unwrap();
    let mut system = start(&folder, &["--servers", "1"]);
    assert!(system.folders().log().contains("is built anew"), "{}", system.folders().log());
    check_answers(&system, &table(400));
    system.end(Signal::TERM);
    drop(system);

    folder.write("loans.csv", table(401).csv());
    let mut system = start(&folder, &["--servers", "1"]);
    assert!(system.folders().log().contains("building the index of loans.csv"), "{}", system.folders().log());
    check_answers(&system, &table(401));
    system.end(Signal::TERM);
    drop(system);
    assert_eq!(indexes(&folder).len(), 2);
}

#[test]
fn a_running_schema_is_shown_explained_and_reloaded() {
    let folder = folder();
    let mut system = start(&folder, &[]);
    let admin = admin(&system);
    let payload = pasted(&system);
    for _ in 0..5 {
        assert_eq!(score(&system, &payload).0, 200);
    }
    let status: Value = serde_json::from_str(&get(&admin, "/status")).unwrap();
    let schema = &status["servers"][0]["generation"]["schema"];
    assert_eq!((&schema["name"], &schema["rows"], &schema["k"]), (&json!("loans"), &json!(400), &json!(7)));
    assert_eq!(schema["dimensions"], json!(["amount <b>", "rate", "is_new"]));
    assert_eq!(schema["labels"], json!(LABELS));
    let example = |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap();
    assert_eq!(example(&schema["example"]), serde_json::from_str::<Value>(&payload).unwrap());
    let servers = status["servers"].as_array().unwrap();
    let sum = |pointer: &str| servers.iter().map(|server| server.pointer(pointer).unwrap().as_u64().unwrap()).sum();
    assert_eq!((sum("/requests/scored"), sum("/requests/approved")), (5_u64, 0_u64));

    let (status, explained) = post(&admin, "/explain", &payload);
    assert_eq!((status, &explained["schema"], &explained["k"]), (200, &json!("loans"), &json!(7)));
    assert_eq!(explained["answer"], score(&system, &payload).1);
    assert_eq!(explained["dimensions"][0]["name"], "amount <b>");
    folder.write("payload.json", &payload);
    let index = indexes(&folder)[0].display().to_string();
    let offline: Value =
        serde_json::from_str(&folder.succeeds(&format!("explain payload.json --json --index {index}"))).unwrap();
    assert_eq!(offline, explained, "a server explains as the command does");
    let (status, problem) = post(&admin, "/explain", "{}");
    assert_eq!((status, &problem["detail"]), (400, &json!("amount: missing")));

    let metrics = get(&admin, "/metrics/1") + &get(&admin, "/metrics/2");
    assert!(metrics.contains("fraudring_schema_info{schema=\"loans\",fingerprint=\""), "{metrics}");
    assert!(metrics.contains("fraudring_answers_total{label=\"it's lost\"} "), "{metrics}");
    assert!(get(&admin, "/").contains("</html>"));

    let up = |arguments: &[&str]| {
        let mut command = Command::new(FRAUDRING);
        command.arg("up").args(arguments).env("TMPDIR", system.folders().temporary());
        command.env("FRAUDRING_DATA", folder.path("data")).env_remove("FRAUDRING_SHM_DIR").current_dir(folder.path(""));
        command.output().unwrap()
    };
    let shown = String::from_utf8(up(&["status"]).stdout).unwrap();
    assert!(shown.contains("scored") && !shown.contains("approved"), "{shown}");
    folder.write("more.csv", table(500).csv());
    folder.succeeds("index build --schema loans.toml --data more.csv --out more.index");
    let reloaded = up(&["reload", "more.index"]);
    let said = String::from_utf8_lossy(&reloaded.stderr).into_owned();
    assert!(reloaded.status.success() && said.contains("500 rows of loans"), "{said}");
    check_answers(&system, &table(500));
    let refused = up(&["reload"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && said.contains("by rows of the schema loans"), "{said}");
    check_clean_end(&mut system);
}

#[test]
fn schema_and_rows_may_come_through_pipes() {
    let (folder, mut names) = (folder(), Vec::new());
    for (schema, data, piped) in [("-", "loans.csv", "loans.toml"), ("loans.toml", "-", "loans.csv")] {
        let mut system = System::start_with(SHARED_PORT, |command| {
            command.current_dir(folder.path("")).env("FRAUDRING_DATA", folder.path("data"));
            command.args(["--schema", schema, "--data", data, "--servers", "1"]);
            command.stdin(std::fs::File::open(folder.path(piped)).unwrap());
        });
        check_answers(&system, &table(400));
        system.end(Signal::TERM);
        let kept = indexes(&folder);
        assert_eq!(kept.len(), 1, "what is piped is built");
        names.push(kept[0].clone());
        std::fs::remove_file(&kept[0]).unwrap();
    }
    assert_eq!(names[0], names[1], "the content is what counts");
}

#[test]
fn bad_rows_may_be_left_out() {
    let folder = folder();
    let good = table(400).csv();
    folder.write("loans.csv", format!("{good}L-400,oops,1,true,ok\n"));
    let mut system = start(&folder, &["--skip-bad", "--servers", "1"]);
    assert!(system.folders().log().contains("1 bad rows were left out"), "{}", system.folders().log());
    check_answers(&system, &table(400));
    system.end(Signal::TERM);
}

#[test]
fn a_load_test_knows_the_right_answers_to_payloads_made_of_rows() {
    let folder = folder();
    let mut system = start(&folder, &["--servers", "1"]);
    let test = |files: &str, stdin: &str| {
        let plan =
            format!("load-test --plan steady:100,1 --connections 2..8 --json --target http://{}", system.address);
        let mut command = folder.command(&format!("{plan} {files}"));
        command.stdin(File::open(folder.path(stdin)).unwrap());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        (output.status.code(), report, said)
    };
    for (files, stdin) in [
        ("--schema loans.toml --data loans.csv", "loans.csv"),
        ("--schema - --data loans.csv", "loans.toml"),
        ("--schema loans.toml --data -", "loans.csv"),
    ] {
        let (status, report, said) = test(files, stdin);
        // 4: a busy machine sent late
        assert!(matches!(status, Some(0 | 4)), "{files}: {said} {report}");
        assert_eq!((&report["answered"], &report["errors"], &report["different"]), (&json!(100), &json!(0), &json!(0)));
        assert!(report.get("score").is_none() && report["payloads"].as_str().unwrap().starts_with("rows of "));
    }
    let replay = |arguments: &str| {
        let line = format!("replay --count 300 --json {arguments}");
        let output = folder.run(line.trim());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        (output.status.code(), report)
    };
    let through = format!("--through http://{}", system.address);
    for arguments in ["", &through] {
        let (status, report) = replay(&format!("--schema loans.toml --data loans.csv {arguments}"));
        assert_eq!((status, &report["queries"], &report["wrong"]), (Some(0), &json!(300), &json!(0)), "{report}");
    }
    // another table: the neighbours' labels are others
    folder.write("other.csv", table(400).csv().replace(",ok\n", ",late\n"));
    let (status, report, said) = test("--schema loans.toml --data other.csv", "loans.csv");
    assert_eq!(status, Some(3), "{said}");
    let replayed = replay(&format!("--schema loans.toml --data other.csv {through}"));
    assert!(replayed.0 == Some(3) && replayed.1["wrong"].as_u64().unwrap() > 100, "{replayed:?}");
    assert!(report["different"].as_u64().unwrap() > 50 && said.contains("the same table"), "{said} {report}");
    system.end(Signal::TERM);
    assert!(
        folder
            .fails("load-test --plan steady:9,1 --schema loans.toml --data loans.csv --results x")
            .contains("--results")
    );
}

#[test]
fn what_cannot_be_served_is_said_before_anything_runs() {
    let folder = folder();
    folder.write("bad.toml", SCHEMA.replace("weight = 3", "weight = -3"));
    folder.write("bad.csv", table(400).csv().replacen("\nL-7,", "\nL-7,oops", 1));
    folder.write("empty.csv", "id,amount,terms.rate,new,outcome\n");
    let line = 1 + SCHEMA.lines().position(|line| line == "weight = 3").unwrap();
    for (arguments, words) in [
        (
            "--schema bad.toml --data loans.csv",
            &*format!("bad.toml:{line}:10: dimension `rate`: `weight` must be above 0"),
        ),
        ("--schema loans.toml --data bad.csv", "line 9"),
        ("--schema loans.toml --data empty.csv", "empty.csv"),
        ("--schema loans.toml --data none.csv", "cannot open none.csv"),
        ("--schema none.toml --data loans.csv", "cannot open none.toml"),
    ] {
        let said =
            folder.fails(&format!("up --no-haproxy --port 0 --shm-dir /dev/shm/fraudring-test-none {arguments}"));
        assert!(said.contains(words), "{arguments}: {said}");
    }
    let kept = std::fs::read_dir(folder.path("data")).unwrap().map(|entry| entry.unwrap().path());
    assert!(kept.into_iter().all(|path| path.extension().is_some_and(|extension| extension == "lock")));
    for (arguments, words) in [
        ("up --schema loans.toml", "--data"),
        ("up --skip-bad", "--schema"),
        ("up --schema loans.toml --data loans.csv --index x.index", "--index"),
    ] {
        let output = folder.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(words), "{arguments}: {said}");
    }
}
