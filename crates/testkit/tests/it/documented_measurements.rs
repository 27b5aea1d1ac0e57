//! Times and rates in the documents say where they come from: a record under `benchmarks/`, whose figures they have, or a
//! machine and a command.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// What looks like a measured time and is a limit or a definition, which other tests compare with the program.
const NOT_MEASURED: &[(&str, &str)] = &[
    ("docs/BENCHMARKS.md", "when its own lateness was over 0.5 ms"),
    ("docs/HTTP.md", "Time-outs come up to 0.1 s late."),
    ("docs/HTTP.md", "costs its clients 0.7 s"),
    ("docs/METRICS.md", "600 ns and so on up to 1.26 s"),
];

/// How commands begin that documents tell to type.
const PROGRAMS: &[&str] =
    &["fraudring", "cargo", "server", "shm-loader", "load-test", "replay", "index", "deploy/", "docker"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in crates/").to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap()
}

fn documents() -> Vec<String> {
    let docs = std::fs::read_dir(workspace().join("docs")).unwrap();
    let names = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().into_string().unwrap()));
    let mut all: Vec<String> = names.filter(|name| name.ends_with(".md")).chain(["README.md".to_owned()]).collect();
    all.sort();
    all
}

/// Blocks of lines without an empty one, by section: a heading and what follows it.
fn sections(text: &str) -> Vec<Vec<String>> {
    let mut sections = vec![Vec::new()];
    for block in text.split("\n\n") {
        let begins_with_heading = block.trim_start().starts_with('#');
        if begins_with_heading {
            sections.push(Vec::new());
        }
        sections.last_mut().expect("there is one").push(block.to_owned());
    }
    sections
}

/// A decimal number of seconds or parts of one, or a rate of thousands.
fn is_measured(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['(', ')', '*'])).collect();
    let is_decimal = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    let is_unit = |word: &str| ["ns", "us", "ms", "s"].contains(&word.trim_end_matches(['.', ',', ';', ':']));
    let is_time = |pair: &[&str]| is_decimal(pair[0]) && is_unit(pair[1]);
    let is_rate = |word: &str| {
        word.trim_end_matches(['.', ',', ';', ':']).strip_suffix("/s").is_some_and(|rate| {
            rate.contains(',') && rate.chars().all(|letter| letter.is_ascii_digit() || letter == ',')
        })
    };
    words.windows(2).any(is_time) || words.iter().any(|word| is_rate(word))
}

/// Names of the records that are committed.
fn records() -> Vec<String> {
    let folder = std::fs::read_dir(workspace().join("benchmarks/record")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect()
}

fn record(name: &str) -> Value {
    serde_json::from_str(&read(&format!("benchmarks/record/{name}.json"))).unwrap()
}

fn names_a_command(section: &[String]) -> bool {
    section.iter().flat_map(|block| block.lines()).any(|line| {
        line.starts_with("    ")
            || line.split('`').skip(1).step_by(2).any(|code| PROGRAMS.iter().any(|program| code.starts_with(program)))
    })
}

#[test]
fn times_and_rates_name_their_record_or_machine_and_command() {
    let records = records();
    let (mut without, mut seen) = (Vec::new(), 0);
    for document in documents() {
        for section in sections(&read(&document)) {
            for (number, block) in section.iter().enumerate() {
                let measured = |line: &&str| {
                    let listed = NOT_MEASURED.iter().any(|(of, text)| *of == document && line.contains(text));
                    is_measured(line) && !listed
                };
                let Some(line) = block.lines().find(measured) else { continue };
                seen += 1;
                // a table and what introduces or explains it
                let near = section[number.saturating_sub(2)..section.len().min(number + 3)].join("\n");
                let has_record = records.iter().any(|record| near.contains(&format!("`{record}`")));
                let has_machine = ["Xeon", "EPYC"].iter().any(|machine| near.contains(machine));
                if !(has_record || has_machine && names_a_command(&section)) {
                    without.push(format!("{document}: {line}"));
                }
            }
        }
    }
    assert!(seen > 10, "only {seen} blocks with times or rates were found");
    assert!(without.is_empty(), "without a record, or machine and command:\n{}", without.join("\n"));
}

#[test]
fn what_is_left_out_is_there() {
    for (document, text) in NOT_MEASURED {
        let document_text = read(document);
        let line = document_text.lines().find(|line| line.contains(text));
        assert!(line.is_some_and(is_measured), "{document} does not say {text:?}");
    }
}

#[test]
fn measured_lines_are_told_from_others() {
    for line in ["| second start | 0.8 s |", "it takes 7.6 us.", "(0.40 ms, 6000)", "holds 41,426/s", "**2.33 s**"] {
        assert!(is_measured(line), "{line}");
    }
    for line in ["time-outs of 5 s", "75.3 MB", "at 900/s", "version 2.6 is", "0.30 / 0.20", "haproxy 2.6.12 s"] {
        assert!(!is_measured(line), "{line}");
    }
}

/// The cells of a table's row.
fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// `36,000`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap());
    groups.collect::<Vec<_>>().join(",")
}

#[test]
fn rows_that_name_a_record_have_its_figures() {
    let text = read("docs/BENCHMARKS.md");
    let mut compared = Vec::new();
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let cells = cells(row);
        let Some(name) = cells.last().and_then(|name| name.strip_prefix('`')?.strip_suffix('`')) else { continue };
        let record = record(name);
        let figure = |pointer: &str| record.pointer(pointer).and_then(Value::as_f64).unwrap();
        let expected = match cells.len() {
            3 => vec![format!("{}/s", thousands(figure("/rate/held").round() as u64))],
            _ => {
                let wrong = record["false_positives"].as_u64().unwrap() + record["false_negatives"].as_u64().unwrap();
                let is_bare = name.starts_with("bare");
                vec![
                    thousands(record["sent"].as_u64().unwrap()),
                    if is_bare { "(approves all)".to_owned() } else { wrong.to_string() },
                    record["errors"].to_string(),
                    format!("{:.3}, {:.3} ms", figure("/service_ms/p50"), figure("/service_ms/p99")),
                    format!("{:.3} ms", figure("/latency_ms/p99")),
                    format!("{:.0} us", figure("/lateness_ms/p99") * 1e3),
                    if is_bare { String::new() } else { format!("{:.2}", figure("/score/final_score")) },
                ]
            }
        };
        assert_eq!(cells[1..cells.len() - 1], expected, "{name}");
        assert_eq!(record["valid"], true, "{name}");
        compared.push(name.to_owned());
    }
    compared.sort();
    let mut all = records();
    all.sort();
    assert_eq!(compared, all, "each record has a row, and each row a record");
}

#[test]
fn the_readme_has_the_figures_of_the_records() {
    let readme = read("README.md");
    for (plan, name) in [("--plan preview --preview 2", "haproxy-preview-2"), ("--plan final", "haproxy-final")] {
        let record = record(name);
        let p99_ms = record.pointer("/service_ms/p99").and_then(Value::as_f64).unwrap();
        let score = record.pointer("/score/final_score").and_then(Value::as_f64).unwrap();
        let row = readme.lines().find(|line| line.starts_with('|') && line.contains(plan)).unwrap();
        let expected = format!("{p99_ms:.2} ms, {score:.0} of 6000");
        assert!(row.contains(&expected) && row.contains(&format!("`{name}`")), "{row}\nnot {expected} and {name}");
    }
}
