//! `fraudring explain` on references of one's own: what it prints, what it reads, what it refuses.

use crate::support::folder::Folder;
use serde_json::Value;

const PAYLOAD: &str = r#"{"id":"tx-1","transaction":{"amount":100,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":[]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.5},"last_transaction":null}"#;

/// A folder with an index `r.index`, the payload, and the same payload by other names.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 500 --out r.json");
    folder.succeeds("index build --references r.json --out r.index");
    folder.write("payload.json", PAYLOAD);
    folder.write("lines", [payload("a"), String::new(), payload("b"), payload("c")].join("\n"));
    folder.write("array", format!(" [{},\n{}\n]\n", payload("a"), payload("b")));
    let spread: Value = serde_json::from_str(&payload("a")).unwrap();
    folder.write("spread", serde_json::to_string_pretty(&spread).unwrap());
    folder
}

fn payload(id: &str) -> String {
    PAYLOAD.replace("tx-1", id)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_payload_an_array_and_lines_are_a_line_of_json_each() {
    let folder = folder();
    for (file, ids) in [("spread", &["a"][..]), ("array", &["a", "b"]), ("lines", &["a", "b", "c"]), ("-", &["tx-1"])] {
        let explained = lines(&folder.succeeds(&format!("explain {file} --index r.index --json")));
        let told: Vec<_> = explained.iter().map(|explanation| explanation["id"].as_str().unwrap()).collect();
        assert_eq!(told, ids, "{file}");
        for explanation in &explained {
            let frauds = explanation["neighbours"].as_array().unwrap().iter().filter(|one| one["label"] == "fraud");
            assert_eq!(explanation["frauds"], frauds.count());
            assert_eq!(explanation["dimensions"][0]["raw"], 100.0);
        }
    }
}

#[test]
fn a_person_reads_decision_dimensions_and_neighbours() {
    let text = folder().succeeds("explain payload.json --index r.index");
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("tx-1: ") && lines[0].contains("fraud_score 0."), "{text}");
    assert!(lines[1].contains("of the 5 nearest references are frauds (proved by: "), "{text}");
    assert!(text.contains("  amount                            100 currency         0.010000    0.0100"), "{text}");
    assert!(text.contains("  minutes_since_last_tx            none minutes         -1.000000   -1.0000"), "{text}");
    assert!(text.contains("  card_present                      yes                  1.000000    1.0000"), "{text}");
    let after_head = lines.iter().position(|line| line.starts_with("  reference  label")).unwrap() + 1;
    let neighbours = &lines[after_head..];
    assert_eq!(neighbours.len(), 5, "{text}");
    assert!(neighbours.iter().all(|line| line.contains(" % (")), "{text}");
    let many = folder().succeeds("explain lines --index r.index");
    assert_eq!(many.matches("\n\na: ").count() + many.matches("\n\nb: ").count() + many.matches("\n\nc: ").count(), 2);
}

#[test]
fn what_an_id_holds_moves_no_terminal() {
    let folder = folder();
    folder.write("odd", payload(r"\u001b[2J\nx"));
    let text = folder.succeeds("explain odd --index r.index");
    assert!(text.starts_with(r"\u{1b}[2J\nx: "), "{text}");
}

#[test]
fn the_published_index_explains_as_its_file_does() {
    let folder = folder();
    folder.succeeds("shm load r.index --shm-dir segments");
    let by_file = folder.succeeds("explain payload.json --index r.index --json");
    assert_eq!(folder.succeeds("explain payload.json --shm-dir segments --json"), by_file);
    assert!(folder.fails("explain payload.json --shm-dir nothing").contains("nothing"));
    let both = folder.run("explain payload.json --shm-dir segments --index r.index");
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn a_payload_at_fault_is_told_with_its_place_and_those_before_are_explained() {
    let folder = folder();
    let faulty = payload("b").replace(r#""mcc":"5411""#, r#""mcc":5411"#);
    folder.write("faulty", format!("{}\n\n{faulty}\n{}", payload("a"), payload("c")));
    folder.write("faulty-array", format!("[{},\n\n{faulty}]", payload("a")));
    folder.write("cut", format!("{}\n{}", payload("a"), &PAYLOAD[..100]));
    folder.write("text", "no JSON");
    folder.write("number", "5");
    folder.write("empty", " \n");
    folder.write("long", format!("\n{}", payload(&"x".repeat(70_000))));
    let wrong_mcc =
        "payload 2, line 3, is not usable (docs/DATA.md describes its shape): merchant.mcc: expected a string";
    for (file, explained, words) in [
        ("faulty", 1, wrong_mcc),
        ("faulty-array", 1, wrong_mcc),
        ("cut", 1, "cut is not JSON: EOF while parsing a string at line 2"),
        ("text", 0, "text is not JSON: expected "),
        ("number", 0, "payload 1, line 1, is not usable (docs/DATA.md describes its shape): expected a JSON object"),
        ("empty", 0, "empty holds no payload"),
        ("long", 0, "payload 1, line 2, is not usable (docs/DATA.md describes its shape): longer than 65536 bytes"),
        ("missing", 0, "cannot open the payload missing"),
    ] {
        let output = folder.run(&format!("explain {file} --index r.index --json"));
        let (said, told) = (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap());
        assert_eq!((output.status.code(), lines(&told).len()), (Some(1), explained), "{file}: {said}");
        assert!(said.contains(words), "{file}: {said}");
    }
}
