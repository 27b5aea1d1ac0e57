//! Figures of docs/HTTP.md and docs/OPERATIONS.md that no machine changes are the program's.

use crate::limits;
use crate::memory;
use crate::options::{EXIT_CODES, Options};
use clap::{Args, Command};
use listener::Limits;
use std::collections::{BTreeMap, BTreeSet};

const HTTP: &str = include_str!("../../docs/HTTP.md");
const OPERATIONS: &str = include_str!("../../docs/OPERATIONS.md");
const METRICS: &str = include_str!("../../docs/METRICS.md");

/// The rows of the table with these titles, cell by cell, without backticks.
fn table(document: &str, titles: &str) -> Vec<Vec<String>> {
    let (_, rest) = document.split_once(&format!("{titles}\n")).unwrap_or_else(|| panic!("no table {titles}"));
    let rows = rest.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

/// Every option that has a default, by its name with the dashes.
fn defaults<O: Args>() -> BTreeMap<String, String> {
    let command = O::augment_args(Command::new("server"));
    let default = |arg: &clap::Arg| {
        let value = arg.get_default_values().first()?.to_str()?.to_owned();
        Some((format!("--{}", arg.get_long()?), value))
    };
    command.get_arguments().filter_map(default).collect()
}

/// `4,096`, `8 KiB`, `0.1 s`: a number in the smallest unit, bytes or milliseconds.
fn number(text: &str) -> u64 {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let factor = match unit {
        "" | "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "s" => 1_000.0,
        unit => panic!("{unit} is no unit of {text}"),
    };
    (digits.replace(',', "").parse::<f64>().unwrap_or_else(|_| panic!("{text} is no number")) * factor).round() as u64
}

#[test]
fn the_table_of_limits_has_every_default() {
    let (defaults, mut documented) = (defaults::<Limits>(), BTreeSet::new());
    for row in table(HTTP, "| limit | default | flag | why |") {
        let [name, cell, flag, _] = &row[..] else { panic!("{row:?}") };
        let values: Vec<u64> = cell.split(", ").map(number).collect();
        let expected = match (flag.as_str(), name.as_str()) {
            ("", "header fields") => vec![http::limits::HEADER_FIELDS as u64],
            ("", "line of a chunk's size, trailer section") => {
                vec![http::limits::CHUNK_LINE_BYTES as u64, http::limits::TRAILER_BYTES as u64]
            }
            ("", "empty lines before a request") => vec![http::limits::EMPTY_LINES as u64],
            ("", name) => panic!("the limit {name} is compared with nothing"),
            (flag, name) => {
                documented.insert(flag.to_owned());
                vec![number(defaults.get(flag).unwrap_or_else(|| panic!("{name}: there is no {flag}")))]
            }
        };
        assert_eq!(values, expected, "{name}");
    }
    assert_eq!(
        documented,
        defaults.into_keys().collect::<BTreeSet<_>>(),
        "docs/HTTP.md lists every limit that has a flag"
    );
}

#[test]
fn the_table_of_memory_is_the_sum() {
    let limits = Limits::DEFAULT;
    let terms: BTreeMap<&str, usize> = memory::terms(&limits, true).into_iter().collect();
    let kib = |bytes: usize| bytes as f64 / 1024.0;
    let mb = |bytes: usize| format!("{:.1} MB", bytes as f64 / 1e6);
    let connections = terms["connection table"] + terms["connection tasks"];
    let body = limits.body_bytes;
    let expected = [
        format!(
            "{} × {} KiB = {}",
            limits.buffers,
            kib(terms["request buffers"] / limits.buffers),
            mb(terms["request buffers"])
        ),
        format!("4,096 × {:.1} KiB = {}", kib(connections / limits.connections), mb(connections)),
        format!("{} × {} KiB = {}", limits::PARSER_BYTES_PER_BODY_BYTE, kib(body), mb(terms["parser"])),
        mb(terms["program, allocator, log and driver"]).replace(".0", ""),
        format!(
            "{} KiB + {} × {} KiB = {}",
            kib(limits::DECISION_LOG_RING_BYTES),
            (terms["decision log"] - limits::DECISION_LOG_RING_BYTES) / body,
            kib(body),
            mb(terms["decision log"])
        ),
        format!(
            "under {} MB, with a decision log under {} MB, beside the shared index",
            limits::MEMORY_BYTES / 1_000_000,
            limits::MEMORY_WITH_LOG_BYTES / 1_000_000
        ),
    ];
    let rows = table(HTTP, "| what | bytes at the defaults |");
    assert_eq!(rows.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), expected);
}

#[test]
fn sentences_have_the_constants() {
    let thousands = |number: u32| format!("{},{:03}", number / 1_000, number % 1_000);
    let (warm_up, log) = (thousands(limits::WARM_UP_REQUESTS), defaults::<crate::DecisionLogOptions>());
    let drain_s = Limits::DEFAULT.drain_timeout_ms / 1_000;
    let admin = admin::LIMITS;
    let expected = [
        (HTTP, format!("Up to {} empty lines before a request are skipped.", http::limits::EMPTY_LINES)),
        (HTTP, format!("Time-outs come up to {:.1} s late.", listener::limits::SWEEP_MS as f64 / 1e3)),
        (HTTP, format!("answers {warm_up} requests to itself")),
        (HTTP, format!("does not answer within {} s", listener::limits::SIBLING_ANSWER_MS / 1_000)),
        (HTTP, format!("{} connections, {} requests in the middle of arriving", admin.connections, admin.buffers)),
        (HTTP, format!("`Retry-After: {}`", limits::RETRY_AFTER_SECONDS)),
        (OPERATIONS, format!("answers {warm_up} requests by it to itself")),
        (OPERATIONS, format!("(`--drain-timeout-ms`, {drain_s} s)")),
        (OPERATIONS, format!("Together {} s, less than the 10 s", drain_s + 1)),
        (OPERATIONS, format!("`--decision-log-bytes` ({} MiB)", number(&log["--decision-log-bytes"]) >> 20)),
        (OPERATIONS, format!("--decision-log-sample {}", log["--decision-log-sample"])),
        (OPERATIONS, format!("{} KiB of memory", limits::DECISION_LOG_RING_BYTES / 1024)),
        (HTTP, format!("can be longer than {} KiB is refused", limits::MAX_ANSWER_BYTES / 1024)),
        (HTTP, format!("longer than {} bytes, room for one", thousands(http::limits::SMALL_BODY_BYTES as u32))),
        (HTTP, format!("under {} MB whatever the schema is", limits::MEMORY_OF_ROWS_BYTES / 1_000_000)),
        (HTTP, format!("with more than {} bytes", scoring::MAX_ECHOED_ID_BYTES)),
        (METRICS, format!("stays under {} MB", limits::MEMORY_BYTES / 1_000_000)),
    ];
    for (document, sentence) in expected {
        let words: Vec<&str> = document.split_whitespace().collect();
        assert!(words.join(" ").contains(&sentence), "no document says {sentence:?}");
    }
    for (words, ms) in [("twice a second", limits::INDEX_POLL_MS), ("half a second", limits::DECISION_LOG_FINISH_MS)] {
        assert!(OPERATIONS.contains(words) && ms == 500, "{words}");
    }
    for (words, share, thousandths) in [
        ("keeps to a tenth of one", limits::RELOAD_SHARE, 100),
        ("with a tenth of a core at most", limits::DECISION_LOG_SHARE, 100),
        ("takes at most a twentieth of a core", admin::SHARE, 50),
    ] {
        let text = [HTTP, OPERATIONS].concat().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words) && share == thousandths, "{words}");
    }
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let lines = EXIT_CODES.lines().skip(1);
    let helped: Vec<&str> = lines.filter(|line| !line.starts_with("     ")).map(|line| &line[2..3]).collect();
    let rows = table(HTTP, "| exit code | meaning |");
    assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), helped);
    // the meanings begin alike
    for (row, line) in rows.iter().zip(EXIT_CODES.lines().skip(1).filter(|line| !line.starts_with("     "))) {
        let (documented, helped) = (&row[1], line[3..].trim());
        let first = |text: &str| text.split([',', ':']).next().unwrap_or_default().to_owned();
        assert_eq!(first(documented), first(helped), "exit code {}", row[0]);
    }
    assert!(defaults::<Options>().contains_key("--shm-dir"), "options are found at all");
}
