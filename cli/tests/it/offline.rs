//! The offline commands on small data of one's own.

use crate::support::comes_true;
use crate::support::folder::Folder;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const PAYLOAD: &str = r#"{"id":"tx-1","transaction":{"amount":100,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":[]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.5},"last_transaction":null}"#;

#[test]
fn advice_names_the_command_that_gives_it() {
    let folder = Folder::new();
    let report = folder.succeeds("shm inspect --shm-dir nothing");
    assert!(report.contains("run `fraudring shm load FILE --shm-dir nothing`"), "{report}");
    let output = folder.run("server --shm-dir nothing --listen tcp:127.0.0.1:0 --cpu none");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert_eq!(stderr.matches("run `fraudring shm load FILE --shm-dir nothing`").count(), 1, "{stderr}");
}

#[test]
fn own_references_go_from_file_to_index_to_replay() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 2000 --seed 7 --out r.json.gz");
    folder.succeeds("index build --references r.json.gz --out r.index");
    folder.succeeds("dataset payloads --count 200 --references r.json.gz --out p.json");
    let report = folder.succeeds("replay --payloads p.json --index r.index --json");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["queries"], &report["count_mismatches"]), (&200.into(), &0.into()));
    let text = folder.succeeds("replay --references 300 --references-file r.json.gz --index r.index");
    assert!(text.contains("count mismatches           0"), "{text}");
    for drawn in ["--uniform 500", "--beside 500 --seed 9"] {
        let report =
            folder.succeeds(&format!("replay {drawn} --references-file r.json.gz --index r.index --stats --json"));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!((&report["queries"], &report["count_mismatches"]), (&500.into(), &0.into()));
        let queries = |row: &serde_json::Value| row["queries"].as_u64().unwrap();
        // Once by how the answer was reached, once by the answer.
        assert_eq!(report["stats"].as_array().unwrap().iter().map(queries).sum::<u64>(), 1000);
    }
    let info: serde_json::Value = serde_json::from_str(&folder.succeeds("index info r.index --json")).unwrap();
    assert_eq!(info["references"], 2000);
    assert!(folder.succeeds("index info r.index").contains("2,000 ("));
}

#[test]
fn effort_counts_every_kind_of_query_and_names_the_worst() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 2000 --seed 7 --out r.json.gz");
    folder.succeeds("index build --references r.json.gz --out r.index");
    let effort = "index effort r.index --references r.json.gz --count 5000";
    let text = folder.succeeds(&format!("{effort} --json"));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let kinds = report["kinds"].as_array().unwrap();
    assert_eq!(kinds.len(), 8);
    assert!(kinds.iter().all(|kind| kind["queries"] == 5000 && kind["blocks"]["mean"].as_f64().unwrap() >= 1.0));
    let queries = |row: &serde_json::Value| row["queries"].as_u64().unwrap();
    // Once by how the answer was reached, once by the answer.
    assert_eq!(report["answers"].as_array().unwrap().iter().map(queries).sum::<u64>(), 2 * 8 * 5000);

    let most = &report["most"];
    let blocks = kinds.iter().map(|kind| kind["blocks"]["max"].as_u64().unwrap()).max().unwrap();
    // no more than there are, though not every block is full
    let vectors = (16 * blocks).min(2000);
    assert_eq!((&most["blocks"], &most["vectors"]), (&blocks.into(), &vectors.into()));
    assert_eq!(most["share"], vectors as f64 / 2000.0);
    let one = folder.succeeds(&format!("{effort} --queries {} --json", most["kind"].as_str().unwrap()));
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!((&one["most"], one["kinds"].as_array().unwrap().len()), (most, 1));

    let mut alone = folder.command(&format!("{effort} --json"));
    let alone = alone.env("RAYON_NUM_THREADS", "1").output().unwrap();
    assert_eq!(String::from_utf8(alone.stdout).unwrap(), text, "it depends on the number of threads");
    let text = folder.succeeds(&format!("{effort} --queries cube,between"));
    assert!(text.contains("cube") && text.contains("most for one query") && !text.contains("corners"), "{text}");
    assert_eq!(folder.run(&format!("{effort} --queries cubes")).status.code(), Some(2));
    folder.succeeds("dataset references --count 1999 --out other.json");
    assert!(folder.fails("index effort r.index --references other.json").contains("name those it was built from"));
}

#[test]
fn compressed_and_plain_references_are_the_same_text() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 500 --out r.json");
    let text = folder.succeeds("dataset references --count 500 --out -");
    assert_eq!(std::fs::read_to_string(folder.path("r.json")).unwrap(), text);
    folder.succeeds("dataset references --count 500 --out r.json.gz");
    folder.succeeds("index build --references r.json --out plain.index");
    folder.succeeds("index build --references r.json.gz --out packed.index");
    assert_eq!(std::fs::read(folder.path("plain.index")).unwrap(), std::fs::read(folder.path("packed.index")).unwrap());
}

#[test]
fn rules_from_files_are_kept_in_the_index() {
    let folder = Folder::new();
    folder.write("payload.json", PAYLOAD);
    folder.write(
        "normalization.json",
        r#"{"max_amount":1000,"max_installments":12,"amount_vs_avg_ratio":10,"max_minutes":1440,"max_km":1000,
            "max_tx_count_24h":20,"max_merchant_avg_amount":10000}"#,
    );
    folder.write("mcc_risk.json", r#"{"5411":0.99}"#);
    folder.succeeds("dataset references --count 100 --out r.json");
    folder.succeeds("index build --references r.json --out built-in.index");
    folder.succeeds(
        "index build --references r.json --normalization normalization.json --mcc-risk mcc_risk.json --out own.index",
    );
    let values = |index: &str| -> (i64, i64) {
        let text = folder.succeeds(&format!("explain - --index {index} --json"));
        let explained: serde_json::Value = serde_json::from_str(&text).unwrap();
        let value = |place: usize| explained["dimensions"][place]["quantized"].as_i64().unwrap();
        (value(0), value(12))
    };
    assert_eq!((values("built-in.index"), values("own.index")), ((100, 1_500), (1_000, 9_900)));
}

#[test]
fn what_is_wrong_is_said_with_what_to_type() {
    let folder = Folder::new();
    folder.write("payload.json", r#"{"id":"tx-1"}"#);
    folder.write("text.index", "no index");
    folder.succeeds("dataset references --count 100 --out r.json");
    folder.succeeds("index build --references r.json --out r.index");
    for (arguments, words) in [
        ("index info none.index", ["none.index", "fraudring index build"]),
        ("index info text.index", ["no usable index", "fraudring index build"]),
        ("explain payload.json --index r.index", ["transaction: missing", "payload 1, line 1"]),
        ("replay --payloads none.json --index r.index", ["none.json", "fraudring dataset payloads"]),
        ("replay --payloads r.json --index r.index", ["r.json", "no usable payloads"]),
        ("index build --references none.json --out x.index", ["none.json", "official"]),
        ("index build --references text.index --out x.index", ["text.index", "no usable references"]),
        ("dataset references --count 10 --out none/r.json", ["none", "make the folder first"]),
        ("replay --references 101 --references-file r.json --index r.index", ["only 100", "at most"]),
    ] {
        let said = folder.fails(arguments);
        assert!(words.iter().all(|word| said.contains(word)), "{arguments}: {said}");
        assert!(!folder.path("x.index").exists());
    }
}

#[test]
fn too_few_references_make_no_index() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 4 --out r.json");
    assert!(folder.fails("index build --references r.json --out r.index").contains("at least 5"));
    assert!(!folder.path("r.index").exists());
}

#[test]
fn an_interrupted_command_leaves_no_unfinished_file() {
    let folder = Folder::new();
    let mut command = folder.command("dataset references --count 3000000 --seed 7 --out r.json");
    let mut process = command.stderr(Stdio::null()).spawn().unwrap();
    let names = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
    let mut ended = || process.try_wait().unwrap().is_some();
    let begins = comes_true(Duration::from_secs(60), || names(&folder.path("")) > 0 || ended());
    assert!(begins && !ended(), "it never began to write");
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert_eq!(names(&folder.path("")), 0);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = Folder::new();
    let mut command = folder.command("dataset references --count 20000 --out -");
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(process.stdout.take());
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
