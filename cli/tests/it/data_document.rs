//! docs/DATA.md is right: its tables and examples are taken out of it, and what they say is tried.

use crate::support::folder::Folder;
use schema::{MccRisk, Normalization, Parser, Rules};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../docs/DATA.md");

/// The example that begins with three backticks, `json` and this name.
fn example(name: &str) -> &'static str {
    let begin = format!("```json {name}\n");
    let (_, rest) = DOCUMENT.split_once(&begin).unwrap_or_else(|| panic!("no example {name}"));
    let (text, after) = rest.split_once("```").unwrap();
    assert!(!after.contains(&begin), "two examples {name}");
    text
}

/// The rows below a table's line of titles, as cells without backticks.
fn table(titles: &str) -> Vec<Vec<String>> {
    let (_, rest) = DOCUMENT.split_once(&format!("{titles}\n")).unwrap_or_else(|| panic!("no table {titles}"));
    let rows = rest.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

/// What the parser says of a body; `None` if it takes it.
fn refusal(body: &str) -> Option<String> {
    Parser::new(body.len()).parse(body.as_bytes()).err().map(|error| error.to_string())
}

fn vector(body: &str) -> Vec<f64> {
    let mut parser = Parser::new(body.len());
    let query = Rules::default().vectorize(&parser.parse(body.as_bytes()).unwrap());
    query.values().iter().map(|value| f64::from(*value) / 10_000.0).collect()
}

fn request() -> Value {
    serde_json::from_str(example("request")).unwrap()
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

fn with(path: &str, value: Value) -> String {
    let mut request = request();
    *request.pointer_mut(&pointer(path)).unwrap() = value;
    request.to_string()
}

fn paths(value: &Value, before: &str, found: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{before}{key}");
        paths(value, &format!("{path}."), found);
        found.insert(path);
    }
}

fn fields() -> Vec<Vec<String>> {
    table("| field | type | unit | what it is | `null` |")
}

#[test]
fn the_table_of_fields_holds_those_of_the_example_and_all_are_needed() {
    assert_eq!(refusal(example("request")), None);
    let mut expected = BTreeSet::new();
    paths(&request(), "", &mut expected);
    let documented: Vec<_> = fields().into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(documented.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(documented.len(), expected.len());
    for path in documented {
        let mut request = request();
        let (parent, key) = path.rsplit_once('.').unwrap_or(("", &path));
        let parent = if parent.is_empty() { String::new() } else { pointer(parent) };
        request.pointer_mut(&parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        assert_eq!(refusal(&request.to_string()), Some(format!("{path}: missing")));
    }
}

#[test]
fn every_field_takes_values_of_its_type_and_no_other() {
    let values = [
        ("number", json!(7)),
        ("number", json!(-0.25)),
        ("string", json!("words")),
        ("timestamp", json!("2026-03-11T17:23:35.25-03:00")),
        ("boolean", json!(true)),
        ("strings", json!([])),
        ("strings", json!(["MERC-001", "MERC-001"])),
        ("array of numbers", json!([1])),
        ("object", json!({})),
        ("null", Value::Null),
    ];
    for row in fields() {
        let [path, kind, _, _, null] = &row[..] else { panic!("{row:?}") };
        for (name, value) in &values {
            let is_taken = match *name {
                "null" => null != "refused",
                // its own fields are then missing, which another test is about
                "object" if kind == "object" => continue,
                // a timestamp is text, and where text is asked for it is one like any other
                "timestamp" if kind == "string" => true,
                name => name == kind,
            };
            let said = refusal(&with(path, value.clone()));
            match said {
                None => assert!(is_taken, "{path}, a {kind}, takes {value}"),
                Some(said) => assert!(!is_taken && said.starts_with(path.as_str()), "{path}, {value}: {said}"),
            }
        }
    }
}

#[test]
fn what_is_said_of_requests_is_so() {
    assert_eq!(refusal(&format!("{{\"more\":[{{}}],{}", &example("request")[1..])), None);
    let twice = format!("{{\"id\":\"tx-1\",{}", &example("request")[1..]);
    assert_eq!(refusal(&twice), Some("id: duplicate key".to_owned()));
    assert!(refusal(&format!("\u{feff}{}", example("request"))).is_some());
    assert_eq!(vector(&with("transaction.amount", json!(-5)))[0], 0.0);
    assert_eq!(vector(&with("transaction.amount", json!(1e300)))[0], 1.0);
    assert_eq!(vector(&with("transaction.installments", json!(1.5)))[1], 0.125);
    assert_eq!(
        vector(&with("transaction.requested_at", json!("2026-03-11T20:23:60Z"))),
        vector(&with("transaction.requested_at", json!("2026-03-11T20:23:59Z")))
    );
    assert_eq!(vector(&with("transaction.requested_at", json!("2026-03-11T23:00:00-03:00")))[3..5], [0.087, 0.5]);
    assert_eq!(vector(&with("customer.avg_amount", json!(0)))[2], 1.0);
    assert_eq!(vector(&with("last_transaction", Value::Null))[5..7], [-1.0, -1.0]);
    assert_eq!(vector(&with("merchant.mcc", json!("0")))[12], 0.5);
}

#[test]
fn the_example_of_a_vector_is_that_of_the_example_of_a_request() {
    let rows = table("| | dimension | value | example |");
    let numbers: Vec<_> = rows.iter().map(|row| row[0].parse::<usize>().unwrap()).collect();
    assert_eq!(numbers, (0..14).collect::<Vec<_>>());
    let documented: Vec<f64> = rows.iter().map(|row| row[3].parse().unwrap()).collect();
    assert_eq!(documented, vector(example("request")));
}

#[test]
fn constants_and_risks_are_the_built_in_ones() {
    let normalization: Normalization = serde_json::from_str(example("normalization")).unwrap();
    assert_eq!(normalization, Normalization::default());
    assert_eq!(serde_json::from_str::<MccRisk>(example("mcc-risk")).unwrap(), MccRisk::default());
}

#[test]
fn the_files_of_the_examples_go_through_the_commands() {
    let folder = Folder::new();
    for name in ["references", "lines", "normalization", "mcc-risk", "payloads", "request"] {
        folder.write(name, example(name));
    }
    folder.succeeds("index build --references references --normalization normalization --mcc-risk mcc-risk --out i");
    let report: Value = serde_json::from_str(&folder.succeeds("replay --payloads payloads --index i --json")).unwrap();
    assert_eq!((&report["queries"], &report["count_mismatches"]), (&2.into(), &0.into()), "{report}");

    let answer: Value = serde_json::from_str(example("answer")).unwrap();
    let explained: Value = serde_json::from_str(&folder.succeeds("explain request --index i --json")).unwrap();
    assert_eq!((&explained["approved"], &explained["fraud_score"]), (&answer["approved"], &answer["fraud_score"]));
    let names = table("| | dimension | value | example |").into_iter().map(|row| row[1].clone());
    let text = folder.succeeds("explain request --index i");
    let shown: Vec<_> = text.lines().skip_while(|line| !line.starts_with("  dimension")).skip(1).collect();
    assert!(shown.iter().zip(names).all(|(line, name)| line.trim_start().starts_with(&name)), "{text}");

    let read = |name| dataset::read_references(example(name).as_bytes(), &|_, _, _| {}).unwrap();
    let (array, lines) = (read("references"), read("lines"));
    assert_eq!((array.rounded, lines.rounded, lines.references.labels.len()), (0, 0, 2));
    let payloads: Value = serde_json::from_str(example("payloads")).unwrap();
    assert_eq!(payloads["references_checksum_sha256"], dataset::references_sha256(&array.references));
    assert_eq!(payloads["entries"][0]["request"], request());
}
