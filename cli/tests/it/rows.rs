//! Rows of one's own: from a table and a schema to the nearest of them.

use crate::support::folder::Folder;
use serde_json::Value;
use std::fmt::Write as _;
use testkit::random::Random;

const ROWS: usize = 400;
const FEATURES: usize = 9;
const LABELS: [&str; 3] = ["ok", "late", "lost"];

/// Some need quotes in CSV.
fn name(row: usize) -> String {
    if row.is_multiple_of(7) { format!("r, {row}") } else { format!("r-{row}") }
}

/// A table of nine features, three labels and names of rows.
struct Table {
    values: Vec<[f32; FEATURES]>,
    labels: Vec<&'static str>,
}

fn table() -> Table {
    let mut random = Random(11);
    let value = |random: &mut Random| (random.next() % 2000) as f32 / 1000.0 - 1.0;
    let values: Vec<_> = (0..ROWS).map(|_| std::array::from_fn(|_| value(&mut random))).collect();
    Table { values, labels: (0..ROWS).map(|_| LABELS[random.below(3)]).collect() }
}

impl Table {
    fn csv(&self) -> String {
        let mut text = String::from("id,f0,f1,f2,f3,f4,f5,f6,f7,f8,outcome\n");
        for (row, (values, label)) in self.values.iter().zip(&self.labels).enumerate() {
            write!(text, "\"{}\"", name(row)).unwrap();
            values.iter().for_each(|value| write!(text, ",{value}").unwrap());
            writeln!(text, ",{label}").unwrap();
        }
        text
    }

    /// Rows and squared distances of the `k` nearest, by looking at all.
    fn nearest(&self, query: &[f32; FEATURES], k: usize) -> Vec<(usize, f64)> {
        let distance = |row: &[f32; FEATURES]| {
            row.iter().zip(query).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>()
        };
        let mut all: Vec<_> = self.values.iter().map(distance).enumerate().collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        all.truncate(k);
        all
    }
}

fn schema(labels: &[&str]) -> String {
    let mut text =
        format!("name = \"loans\"\nk = 7\n[labels]\nnames = {labels:?}\nfrom = \"outcome\"\n[rows]\nid = \"id\"\n");
    for feature in 0..FEATURES {
        write!(text, "[[dimension]]\nname = \"feature {feature}\"\nnumber = \"f{feature}\"\n").unwrap();
    }
    text
}

fn folder_with(table: &Table) -> Folder {
    let folder = Folder::new();
    folder.write("rows.csv", table.csv());
    folder.write("rows.toml", schema(&LABELS));
    folder
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn the_nearest_rows_are_those_of_brute_force_with_their_names_and_labels() {
    let table = table();
    let folder = folder_with(&table);
    for method in ["grid-tree", "float-tree", "cell-scan"] {
        folder.succeeds(&format!("index build --schema rows.toml --data rows.csv --out rows.index --method {method}"));
        let info: Value = serde_json::from_str(&folder.succeeds("index info rows.index --json")).unwrap();
        assert_eq!((&info["method"], &info["rows"], &info["k"]), (&method.into(), &ROWS.into(), &7.into()));
        let found = lines(&folder.succeeds("index query rows.index --data rows.csv -k 15"));
        assert_eq!(found.len(), ROWS);
        for (query, line) in found.iter().enumerate() {
            assert_eq!(line["query"], query);
            let expected = table.nearest(&table.values[query], 15);
            let neighbours = line["neighbours"].as_array().unwrap();
            assert_eq!(neighbours.len(), 15);
            for (neighbour, (row, distance)) in neighbours.iter().zip(&expected) {
                assert_eq!(neighbour["row"], *row, "{method}, query {query}");
                assert_eq!(neighbour["id"], name(*row));
                assert_eq!(neighbour["label"], table.labels[*row]);
                assert_eq!(neighbour["distance"].as_f64(), Some(*distance));
            }
            let share =
                |label: &str| expected.iter().filter(|(row, _)| table.labels[*row] == label).count() as f64 / 15.0;
            LABELS.iter().for_each(|label| assert_eq!(line["shares"][label].as_f64(), Some(share(label))));
            let most = LABELS.iter().rev().max_by(|a, b| share(a).total_cmp(&share(b))).unwrap();
            assert_eq!(line["label"], **most);
        }
    }
}

#[test]
fn vectors_are_looked_up_as_they_are_and_csv_is_written_too() {
    let table = table();
    let folder = folder_with(&table);
    folder.succeeds("index build --schema rows.toml --data rows.csv --out rows.index");
    folder.write("vectors.csv", "0,1,2,3,4,5,6,7,8\n0,0,0,0,0,0,0,0,0\n");
    let text = folder.succeeds("index query rows.index --vectors vectors.csv --format csv");
    let expected = table.nearest(&[0.0; FEATURES], 7);
    let mut written = text.lines();
    assert_eq!(written.next(), Some("query,rank,row,id,label,distance"));
    for (rank, (row, distance)) in expected.iter().enumerate() {
        let named = name(*row);
        let named = if named.contains(',') { format!("\"{named}\"") } else { named };
        assert_eq!(written.next(), Some(&*format!("0,{rank},{row},{named},{},{distance}", table.labels[*row])));
    }
    assert_eq!(written.next(), None);
}

#[test]
fn npy_holds_what_json_does() {
    let table = table();
    let folder = folder_with(&table);
    folder.succeeds("index build --schema rows.toml --data rows.csv --out rows.index");
    folder.succeeds("index query rows.index --data rows.csv -k 4 --format npy --out found.npy");
    let bytes = std::fs::read(folder.path("found.npy")).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let records_at = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(records_at.is_multiple_of(64));
    let header = std::str::from_utf8(&bytes[10..records_at]).unwrap();
    assert!(header.contains("'shape': (400, 4)") && header.ends_with('\n'), "{header}");
    let (records, rest) = bytes[records_at..].as_chunks::<14>();
    assert_eq!((records.len(), rest.len()), (4 * ROWS, 0));
    for (query, found) in records.chunks(4).enumerate() {
        for (record, (row, distance)) in found.iter().zip(table.nearest(&table.values[query], 4)) {
            assert_eq!(record[..4], (row as u32).to_le_bytes());
            let label = LABELS.iter().position(|label| *label == table.labels[row]).unwrap();
            assert_eq!(record[4..6], (label as i16).to_le_bytes());
            assert_eq!(record[6..], distance.to_le_bytes());
        }
    }
}

#[test]
fn a_grid_that_is_the_truth_says_so_and_is_smaller() {
    let folder = folder_with(&table());
    folder.succeeds("index build --schema rows.toml --data rows.csv --out whole.index --method grid-tree");
    folder
        .succeeds("index build --schema rows.toml --data rows.csv --out grid.index --method grid-tree --grid-is-truth");
    let info =
        |name: &str| -> Value { serde_json::from_str(&folder.succeeds(&format!("index info {name} --json"))).unwrap() };
    assert_eq!(info("grid.index")["grid_is_truth"], true);
    assert!(folder.succeeds("index info grid.index").contains("the grid is the truth"));
    let kept = info("whole.index")["bytes_per_row"].as_f64().unwrap();
    assert!(info("grid.index")["bytes_per_row"].as_f64().unwrap() <= kept - 4.0 * FEATURES as f64);
    let rounding = info("grid.index")["rounding"].as_f64().unwrap();
    for (query, line) in lines(&folder.succeeds("index query grid.index --data rows.csv -k 1")).iter().enumerate() {
        assert_eq!(line["neighbours"][0]["row"], query);
        assert!(line["neighbours"][0]["distance"].as_f64().unwrap().sqrt() <= rounding);
    }
    let message = folder.fails("index build --from grid.index --remove r-2 --out x.index");
    assert!(message.contains("its grid is the truth"), "{message}");
}

#[test]
fn references_are_evaluated_as_their_own_table_is() {
    let folder = Folder::new();
    folder.succeeds("dataset references --count 600 --out references.json");
    let references: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(folder.path("references.json")).unwrap()).unwrap();
    let vector = |row: &Value| -> Vec<i64> {
        row["vector"].as_array().unwrap().iter().map(|value| (value.as_f64().unwrap() * 1e4).round() as i64).collect()
    };
    let vectors: Vec<_> = references.iter().map(vector).collect();
    let mut confusion = [[0u64; 2]; 2];
    for (own, vector) in vectors.iter().enumerate() {
        let distance = |other: &Vec<i64>| vector.iter().zip(other).map(|(a, b)| (a - b).pow(2)).sum::<i64>();
        let others = vectors.iter().enumerate().filter(|(other, _)| *other != own);
        let mut others: Vec<_> = others.map(|(other, vector)| (distance(vector), other)).collect();
        others.sort_unstable();
        let is_fraud = |row: usize| references[row]["label"] == "fraud";
        let frauds = others[..5].iter().filter(|(_, other)| is_fraud(*other)).count();
        confusion[usize::from(is_fraud(own))][usize::from(frauds > 2)] += 1;
    }
    let evaluation: Value =
        serde_json::from_str(&folder.succeeds("evaluate --references references.json -k 5 --json")).unwrap();
    assert_eq!(evaluation["labels"], serde_json::json!(["legit", "fraud"]));
    assert_eq!(evaluation["by_k"][0]["confusion"], serde_json::json!(confusion));
}

#[test]
fn a_bad_row_is_refused_by_its_line_or_left_out_and_told() {
    let folder = folder_with(&table());
    let csv = table().csv().replacen("\"r-2\",", "\"r-2\",oops", 1).replacen(",late\n", ",later\n", 1);
    folder.write("bad.csv", csv);
    let message = folder.fails("index build --schema rows.toml --data bad.csv --out bad.index");
    assert!(message.contains("bad.csv") && message.contains("line ") && message.contains("expected"), "{message}");
    let output = folder.run("index build --schema rows.toml --data bad.csv --out bad.index --skip-bad");
    assert!(output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("2 bad rows were left out") && told.contains("`later`"), "{told}");
    let info: Value = serde_json::from_str(&folder.succeeds("index info bad.index --json")).unwrap();
    assert_eq!(info["rows"], ROWS - 2);
}

#[test]
fn effort_counts_what_searches_look_at() {
    let folder = folder_with(&table());
    folder.succeeds("index build --schema rows.toml --data rows.csv --out rows.index");
    let effort = "index effort rows.index --count 500";
    let text = folder.succeeds(&format!("{effort} --json"));
    let report: Value = serde_json::from_str(&text).unwrap();
    let kinds = report["kinds"].as_array().unwrap();
    assert_eq!((kinds.len(), &report["rows"]), (6, &ROWS.into()));
    for kind in kinds {
        assert_eq!(kind["queries"], 500);
        // as many as are asked for are measured at least, and no more than there are
        let measured = (kind["measured"]["mean"].as_f64().unwrap(), kind["measured"]["max"].as_u64().unwrap());
        let k = report["k"].as_u64().unwrap();
        assert!(measured.0 >= k as f64 && measured.1 <= report["points"].as_u64().unwrap(), "{kind}");
    }
    let most = kinds.iter().map(|kind| kind["blocks"]["max"].as_u64().unwrap()).max().unwrap();
    assert_eq!(report["most"]["blocks"], most);
    let alone = folder.command(&format!("{effort} --json")).env("RAYON_NUM_THREADS", "1").output().unwrap();
    assert_eq!(String::from_utf8(alone.stdout).unwrap(), text, "it depends on the number of threads");
    let text = folder.succeeds(&format!("{effort} --queries beside"));
    assert!(text.contains("beside") && text.contains("most for one query") && !text.contains("corners"), "{text}");
}

#[test]
fn what_does_not_fit_says_what_to_do() {
    let folder = folder_with(&table());
    folder.succeeds("index build --schema rows.toml --data rows.csv --out rows.index");
    for (arguments, named) in [
        ("index build --schema rows.toml --out x.index", "--data"),
        ("index build --data rows.csv --out x.index", "--schema"),
        ("index build --schema rows.toml --data rows.csv --references official --out x.index", "--references"),
        ("index build --out x.index", "--references"),
        ("index query rows.index", "--vectors"),
        ("index query rows.index --data rows.csv -k 0", "-k is 0"),
        ("index effort rows.index --queries cube", "for rows there are uniform"),
        ("index build --schema rows.toml --data rows.csv --out x.index --memory 0", "allow more memory"),
    ] {
        let output = folder.run(arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && message.contains(named), "{arguments}: {message}");
    }
    folder.write("two.csv", "a,b\n1,2\n");
    let message = folder.fails("index query rows.index --vectors two.csv");
    assert!(message.contains("2 columns of numbers") && message.contains("9 dimensions"), "{message}");
}

#[test]
fn scales_found_from_data_travel_with_the_index() {
    let folder = folder_with(&table());
    let scaled = schema(&LABELS).replace("number = \"f0\"\n", "number = \"f0\"\nscale = \"min-max\"\n");
    folder.write("scaled.toml", scaled);
    folder.succeeds("index build --schema scaled.toml --data rows.csv --out scaled.index");
    let found = lines(&folder.succeeds("index query scaled.index --data rows.csv -k 1"));
    assert!(found.iter().enumerate().all(|(query, line)| line["neighbours"][0]["row"] == query));
    folder.write("payload.json", table().csv()); // what the folder gives to stdin
    let message = folder.fails("index build --schema scaled.toml --data - --out scaled.index");
    assert!(message.contains("name a file in place of -"), "{message}");
}

#[test]
fn rows_are_evaluated_as_counting_by_hand_does() {
    let table = table();
    let folder = folder_with(&table);
    folder.succeeds("index build --schema rows.toml --data rows.csv --out rows.index");
    let evaluation: Value = serde_json::from_str(&folder.succeeds("evaluate rows.index -k 5,1,15 --json")).unwrap();
    assert_eq!(evaluation["labels"], serde_json::json!(LABELS));
    for (of, k) in evaluation["by_k"].as_array().unwrap().iter().zip([1, 5, 15]) {
        let mut confusion = [[0u64; 3]; 3];
        for (row, values) in table.values.iter().enumerate() {
            // The row itself is the nearest: no two are equal.
            let others: Vec<_> = table.nearest(values, k + 1).into_iter().filter(|(other, _)| *other != row).collect();
            assert_eq!(others.len(), k);
            let count = |label: &str| others.iter().filter(|(other, _)| table.labels[*other] == label).count();
            let found = (0..3).rev().max_by_key(|label| count(LABELS[*label])).unwrap();
            let own = LABELS.iter().position(|label| *label == table.labels[row]).unwrap();
            confusion[own][found] += 1;
        }
        let right = confusion[0][0] + confusion[1][1] + confusion[2][2];
        assert_eq!((&of["k"], &of["right"]), (&k.into(), &right.into()));
        assert_eq!(of["confusion"], serde_json::json!(confusion));
        let rows: u64 = of["calibration"].as_array().unwrap().iter().map(|bin| bin["rows"].as_u64().unwrap()).sum();
        assert_eq!(rows, ROWS as u64);
    }
    let text = folder.succeeds("evaluate rows.index --folds 4 -k 3,9");
    assert!(text.contains("each among those of the other 3 folds") && text.contains("  best"), "{text}");
    let message = folder.fails("evaluate rows.index -k 400");
    assert!(message.contains("400 neighbours are asked for: among 400 rows"), "{message}");
}

#[test]
fn a_revised_index_has_the_bytes_of_one_built_of_its_rows() {
    let (folder, csv) = (folder_with(&table()), table().csv());
    let lines: Vec<_> = csv.lines().collect();
    let table_of = |rows: &[&str]| format!("{}\n{}\n", lines[0], rows.join("\n"));
    folder.write("first.csv", table_of(&lines[1..=300]));
    folder.write("more.csv", table_of(&lines[301..]));
    folder.write("all.csv", table_of(&[&lines[1..3], &lines[4..300], &lines[301..]].concat()));
    folder.write("nameless.toml", schema(&LABELS).replace("[rows]\nid = \"id\"\n", ""));
    for (schema, removed) in [("rows.toml", "r-2,r-299"), ("nameless.toml", "2,299")] {
        folder.succeeds(&format!("index build --schema {schema} --data first.csv --out first.index"));
        folder.succeeds(&format!("index build --schema {schema} --data all.csv --out all.index"));
        let revise = format!("index build --from first.index --add more.csv --remove {removed} --out revised.index");
        folder.succeeds(&revise);
        let bytes = ["all.index", "revised.index"].map(|name| std::fs::read(folder.path(name)).unwrap());
        assert!(bytes[0] == bytes[1], "{schema}: other bytes than built from scratch");
    }
    let message = folder.fails("index build --from first.index --remove 300 --out x.index");
    assert!(message.contains("there is no row 300 to remove"), "{message}");
}
