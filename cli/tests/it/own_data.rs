//! Files of one's own: what is read, what is refused and in which words, and what equal references cost.

use crate::support::folder::Folder;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn one_set_of_references_is_one_index_in_whatever_file_it_comes() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 500 --out r.json");
    let array = std::fs::read_to_string(folder.path("r.json")).unwrap();
    folder.succeeds("index build --references r.json --out expected.index");
    let expected = std::fs::read(folder.path("expected.index")).unwrap();
    let lines = array.trim().trim_matches(['[', ']']).replace("},{", "}\n{");
    for (name, bytes) in [
        ("mark.json", format!("\u{feff}{array}").into_bytes()),
        ("lines.jsonl", lines.clone().into_bytes()),
        ("lines.jsonl.gz", gzip(lines.as_bytes())),
        ("padded.gz", [gzip(array.as_bytes()), vec![0; 700]].concat()),
    ] {
        folder.write(name, bytes);
        folder.succeeds(&format!("index build --references {name} --out x.index"));
        assert!(std::fs::read(folder.path("x.index")).unwrap() == expected, "{name}");
    }
}

#[test]
fn a_file_that_is_refused_is_named_once_with_its_fault_and_what_to_do() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 10 --out r.json");
    let utf_16: Vec<u8> = "\u{feff}[]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("utf-16.json", utf_16);
    folder.write("words.json", "words");
    folder.write("trailing.gz", [gzip(b"[]"), b"more".to_vec()].concat());
    folder.write("twice.json", r#"{"5411":0.1,"\u0035411":0.9}"#);
    folder.write("ten.json", r#"{"max_km":10}"#);
    let describes = "\n  docs/DATA.md describes the shape of such a file\n";
    for (arguments, said) in [
        (
            "index build --out x.index --references utf-16.json",
            "utf-16.json holds no usable references: it is UTF-16 text: make it plain UTF-8 text with \
             `iconv -f UTF-16 -t UTF-8`\n"
                .to_owned(),
        ),
        (
            "index build --out x.index --references words.json",
            format!(
                "words.json holds no usable references: not references, an array or one object a line: expected value \
                 at line 1 column 1{describes}"
            ),
        ),
        (
            "index build --out x.index --references trailing.gz",
            "trailing.gz holds no usable references: cannot read: behind the end of the gzip data stand other bytes: \
             cut them off\n"
                .to_owned(),
        ),
        (
            "index build --out x.index --references r.json --mcc-risk twice.json",
            format!(
                "twice.json cannot be used: not a risk table: mcc risk: the code \"5411\" is given twice at line 1 \
                 column 28{describes}"
            ),
        ),
        (
            "index build --out x.index --references r.json --normalization ten.json",
            format!(
                "ten.json cannot be used: not normalization constants: missing field `max_amount` at line 1 column \
                 13{describes}"
            ),
        ),
        (
            "replay --index x.index --payloads words.json",
            format!(
                "words.json holds no usable payloads: not a payload file: expected value at line 1 column 1{describes}"
            ),
        ),
    ] {
        assert_eq!(folder.fails(arguments), format!("fraudring: {said}"));
        assert!(!folder.path("x.index").exists());
    }
}

#[test]
fn a_kernel_that_cannot_be_had_is_no_fault_of_the_index() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 10 --out r.json");
    folder.succeeds("index build --references r.json --out r.index");
    for arguments in ["index info r.index", "index build --references r.json --out x.index", "index effort"] {
        let output = folder.command(arguments).env("FRAUDRING_KERNEL", "foo").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("fraudring: FRAUDRING_KERNEL=foo: this machine has "), "{arguments}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn equal_references_are_counted_and_their_cost_is_told() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 100 --out r.json");
    folder.succeeds("index build --references r.json --out r.index");
    assert!(folder.succeeds("index info r.index").contains("equal points     0 references in 0 groups\n"));

    let mut rows: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(folder.path("r.json")).unwrap()).unwrap();
    let mut one = rows[7].clone();
    for number in 0..2_999 {
        one["label"] = if number % 2 == 0 { "legit" } else { "fraud" }.into();
        rows.push(one.clone());
    }
    folder.write("equal.json", serde_json::to_vec(&rows).unwrap());
    let warning = "warning: 3,000 references are equal. A search that ends among them looks at all ";
    let built = folder.run("index build --references equal.json --out equal.index");
    let said = String::from_utf8(built.stderr).unwrap();
    assert!(built.status.success() && said.contains(warning) && said.contains("the first five"), "{said}");

    let shown = folder.run("index info equal.index --json");
    assert!(String::from_utf8(shown.stderr).unwrap().contains(warning));
    let info: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let equal = &info["equal_points"];
    assert_eq!((&equal["groups"], &equal["references"]), (&1.into(), &3_000.into()));
    assert_eq!(equal["largest"]["references"], 3_000);
    assert!((188..=280).contains(&equal["largest"]["blocks"].as_u64().unwrap()), "{equal}");
    assert!(equal["search_us"].as_f64().unwrap() > 0.0, "{equal}");
    let text = folder.succeeds("index info equal.index");
    assert!(text.contains("equal points     3,000 references in 1 group\n") && text.contains("  largest "), "{text}");
}
