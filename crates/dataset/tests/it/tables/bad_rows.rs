//! Faults that the callback taking the rows reports.

use super::{input, message, required, skipping};
use dataset::{RowFault, read_rows};
use schema::{Kind, Value};

fn fault() -> RowFault {
    RowFault { column: Some("x".to_owned()), found: "7".to_owned(), expected: "at most 5".to_owned() }
}

#[test]
fn a_fault_of_the_callers_counts_like_one_of_the_readers() {
    let text = "x\n1\n7\n2\nbad\n7\n";
    let columns = [required("x", Kind::Number)];
    let error = read_rows(&input(text), &columns, &|_, _, _| {}, &mut |_, values| match values {
        [Value::Number(number)] if *number > 5.0 => Err(fault()),
        _ => Ok(()),
    });
    let said = message(&error.unwrap_err());
    assert_eq!(said, "row 1 (counted from 0), line 3: column `x`: found 7, expected at most 5");

    let mut positions = Vec::new();
    let summary = read_rows(&skipping(text), &columns, &|_, _, _| {}, &mut |position, values| {
        positions.push(position);
        if values == [Value::Number(7.0)] { Err(fault()) } else { Ok(()) }
    });
    let summary = summary.unwrap();
    assert_eq!(positions, [0, 1, 2, 4], "of a bad row the caller hears nothing");
    assert_eq!((summary.rows, summary.bad), (2, 3));
}

#[test]
fn progress_counts_rows() {
    let text = format!("x\n{}", "1\n".repeat(200_000));
    let seen = std::sync::Mutex::new(Vec::new());
    let progress = |phase: &'static str, done: u64, total: u64| seen.lock().unwrap().push((phase, done, total));
    read_rows(&input(text), &[required("x", Kind::Number)], &progress, &mut |_, _| Ok(())).unwrap();
    let expected = [65_536, 131_072, 196_608].map(|done| ("reading rows", done, 0));
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen[..3], expected);
    assert_eq!(seen[3..], [("reading rows", 200_000, 200_000)]);
}
