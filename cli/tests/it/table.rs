//! `data head` and `data columns` on tables of one's own.

use crate::support::folder::Folder;
use std::io::Write;
use std::process::Stdio;

const TABLE: &str = "id,amount,fraud,label\nr-1,1.5,yes,ok\nr-2,-2,no,dispute\nr-3,,no,ok\n";

#[test]
fn the_first_rows_are_printed_as_they_are() {
    let folder = Folder::new();
    folder.write("t.csv", TABLE);
    let text = folder.succeeds("data head t.csv -n 2");
    assert_eq!(text, "id   amount  fraud  label\nr-1  1.5     yes    ok\nr-2  -2      no     dispute\n");
    let json = folder.succeeds("data head t.csv --json");
    assert_eq!(json.lines().count(), 3);
    let row: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!(row, serde_json::json!({"id": "r-3", "amount": null, "fraud": "no", "label": "ok"}));
}

#[test]
fn columns_are_described() {
    let folder = Folder::new();
    folder.write("t.csv", TABLE);
    let text = folder.succeeds("data columns t.csv");
    for line in [
        "3 rows of csv, 0 bad",
        "amount  number  1        0    -2 to 1.5, mean -0.250000",
        "fraud   flag    0        0    2 values: no, yes",
        "label   text    0        0    2 values: dispute, ok",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let report: serde_json::Value = serde_json::from_str(&folder.succeeds("data columns t.csv --json")).unwrap();
    assert_eq!((&report["rows"], &report["format"]), (&3.into(), &"csv".into()));
    assert_eq!(report["columns"][1]["numbers"]["min"], -2.0);
    assert_eq!(report["columns"][3]["values"], serde_json::json!(["dispute", "ok"]));
}

#[test]
fn a_table_may_come_through_a_pipe() {
    let folder = Folder::new();
    let mut child = folder.command("data head - --format csv --delimiter ;");
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a;b\n1;2\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "a  b\n1  2\n");
}

#[test]
fn what_is_wrong_is_said_with_the_file() {
    let folder = Folder::new();
    folder.write("t.csv", "a,b\n1,2\n3\n");
    let output = folder.run("data head t.csv");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said,
        "fraudring: t.csv: row 1 (counted from 0), line 3: found 1 cell, expected 2 cells as in the header\n"
    );
    let output = folder.run("data columns t.csv");
    assert!(output.status.success());
    let noted = String::from_utf8(output.stderr).unwrap();
    assert!(noted.contains("bad row 1 (counted from 0), line 3: found 1 cell"), "{noted}");
}
