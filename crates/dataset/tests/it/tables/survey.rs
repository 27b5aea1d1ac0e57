//! What the columns hold, and the first rows.

use super::{input, message};
use dataset::{ColumnSurvey, read_head, read_matrix, survey};
use schema::Kind;

fn columns(text: &str) -> Vec<ColumnSurvey> {
    survey(&input(text), &|_, _, _| {}).unwrap().columns
}

#[test]
fn types_ranges_and_missing_values_are_found() {
    let text = "n,i,f,t,s,e,m\n1.5,1,yes,2026-03-11T18:45:53Z,a,,1\n-2,3,no,2026-03-12T18:45:53Z,b,,x\n,2,1,,a,,\nNaN,2,0,2026-03-11T18:45:53+02:00,a,,2\n";
    let found = columns(text);
    let kinds: Vec<Option<Kind>> = found.iter().map(|column| column.kind).collect();
    assert_eq!(
        kinds,
        [
            Some(Kind::Number),
            Some(Kind::Number),
            Some(Kind::Flag),
            Some(Kind::Time),
            Some(Kind::Text),
            None,
            Some(Kind::Text)
        ]
    );
    assert_eq!(found[0].bad, 1, "NaN is no number that a column can hold");
    let missing: Vec<u64> = found.iter().map(|column| column.missing).collect();
    assert_eq!(missing, [1, 0, 0, 1, 0, 4, 1]);
    let whole = found[1].numbers.unwrap();
    assert_eq!((whole.count, whole.min, whole.max, whole.is_whole, whole.mean), (4, 1.0, 3.0, true, 2.0));
    assert_eq!(found[4].values.as_ref().unwrap().iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(found[0].numbers.unwrap().min, -2.0);
}

#[test]
fn types_of_json_are_its_own() {
    let found = columns(
        "{\"a\":1,\"b\":\"1\",\"c\":[\"x\"],\"d\":true,\"e\":1}\n{\"a\":2,\"b\":\"x\",\"c\":null,\"d\":[1],\"e\":\"1\"}",
    );
    let kinds: Vec<Option<Kind>> = found.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Some(Kind::Number), Some(Kind::Text), Some(Kind::Texts), Some(Kind::Flag), None]);
    assert_eq!((found[3].bad, found[2].missing), (1, 1));
}

#[test]
fn many_different_values_are_not_listed() {
    let of = |count: u32| {
        let text: String = (0..count).map(|row| format!("v{row}\n")).collect();
        columns(&format!("x\n{text}"))[0].values.clone()
    };
    assert_eq!(of(256).unwrap().len(), 256);
    assert_eq!(of(257), None);
}

#[test]
fn the_first_rows_are_shown_as_they_are() {
    let found = read_head(&input("a,b\n1,x\n,y\nbad\n"), 2).unwrap();
    assert_eq!(found.columns, ["a", "b"]);
    assert_eq!(serde_json::to_string(&found.rows).unwrap(), r#"[["1","x"],[null,"y"]]"#);
    let found = read_head(&input(r#"[{"a":1,"b":[],"c":"x"},{"a":18446744073709551615}]"#), 5).unwrap();
    assert_eq!(serde_json::to_string(&found.rows).unwrap(), r#"[[1,[],"x"],[18446744073709551615,null,null]]"#);
    assert_eq!(read_head(&input("a\n1\n"), 0).unwrap().rows.len(), 0);
}

#[test]
fn columns_of_numbers_are_told_by_the_first_rows() {
    let text = "id,x,y,label\nr1,1,2.5,ok\nr2,3,,bad\nr3,4,5,ok\n";
    let said = message(&read_matrix(&input(text), None, u64::MAX, &|_, _, _| {}).unwrap_err());
    assert_eq!(said, "row 1 (counted from 0), line 3: column `y`: found an empty value, expected a finite number");
    let matrix = read_matrix(&super::skipping(text), None, u64::MAX, &|_, _, _| {}).unwrap();
    assert_eq!((matrix.columns, matrix.values), (vec!["x".to_owned(), "y".to_owned()], vec![1.0, 2.5, 4.0, 5.0]));
    let chosen = read_matrix(&input(text), Some(&["x".to_owned()]), u64::MAX, &|_, _, _| {}).unwrap();
    assert_eq!(chosen.values, [1.0, 3.0, 4.0]);
    let none = message(&read_matrix(&input("a,b\nx,y\n"), None, u64::MAX, &|_, _, _| {}).unwrap_err());
    assert_eq!(none, "no column holds numbers; there are `a`, `b`");
    // a sample ends inside a row
    let long: String = (0..100_000).map(|row| format!("{row},text-{row}\n")).collect();
    let matrix = read_matrix(&input(format!("x,t\n{long}")), None, u64::MAX, &|_, _, _| {}).unwrap();
    assert_eq!((matrix.columns.len(), matrix.values.len()), (1, 100_000));
    let json: String = (0..100_000).map(|row| format!("{{\"x\":{row},\"t\":\"-\"}}\n")).collect();
    let matrix = read_matrix(&input(json), None, u64::MAX, &|_, _, _| {}).unwrap();
    assert_eq!((matrix.columns, matrix.values.len()), (vec!["x".to_owned()], 100_000));
}
