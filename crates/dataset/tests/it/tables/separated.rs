//! CSV as people have it.

use super::{Held, gzip, input, message, optional, refusal, required, rows, skipping};
use dataset::{MAX_ROW_BYTES, TableInput, columns_of};
use schema::Kind;
use std::io::Write;

fn numbers(found: &[Vec<Held>]) -> Vec<f64> {
    let number = |held: &Held| match held {
        Held::Number(number) => *number,
        other => panic!("{other:?} is no number"),
    };
    found.iter().flatten().map(number).collect()
}

#[test]
fn quotation_marks_hold_separators_lines_and_quotation_marks() {
    let text = "id,note,x\n1,\"a,b\nc \"\"d\"\"\",2\n2,\"\",3\n3, spaced ,4\n";
    let columns = [required("x", Kind::Number), optional("note", Kind::Text)];
    let (found, _) = rows(&input(text), &columns).unwrap();
    let texts: Vec<&Held> = found.iter().map(|row| &row[1]).collect();
    assert_eq!(texts, [&Held::Text("a,b\nc \"d\"".to_owned()), &Held::Missing, &Held::Text(" spaced ".to_owned())]);
}

#[test]
fn line_ends_marks_and_blank_lines_do_not_matter() {
    let expected = [1.0, 2.0, 3.0];
    for text in [
        "x,y\n1,a\n2,b\n3,c",
        "x,y\r\n1,a\r\n2,b\r\n3,c\r\n",
        "\u{feff}x,y\n1,a\n\n2,b\n\n\n3,c\n\n",
        "x;y\n1;a\n2;b\n3;c\n",
        " x \t y \n1\ta\n 2 \tb\n3\tc\n",
        "\"x\",\"y\"\n\"1\",\"a\"\n\"2\",\"b\"\n\"3\",\"c\"\n",
    ] {
        let (found, _) = rows(&input(text), &[required("x", Kind::Number)]).unwrap();
        assert_eq!(numbers(&found), expected, "{text:?}");
        assert_eq!(columns_of(&input(text)).unwrap(), ["x", "y"], "{text:?}");
    }
}

#[test]
fn a_delimiter_can_be_given() {
    let input = TableInput { delimiter: Some(b'|'), ..input("x|y,z\n1|2,3\n") };
    assert_eq!(columns_of(&input).unwrap(), ["x", "y,z"]);
}

#[test]
fn bad_rows_are_named_by_row_line_and_column() {
    let x = [required("x", Kind::Number)];
    for (text, expected) in [
        ("x,y\n1,a\nbad,b\n", "row 1 (counted from 0), line 3: column `x`: found `bad`, expected a finite number"),
        (
            "x,y\r\n1,a\r\nbad,b\r\n",
            "row 1 (counted from 0), line 3: column `x`: found `bad`, expected a finite number",
        ),
        ("x,y\n1,a\n\n\nbad,b\n", "row 1 (counted from 0), line 5: column `x`: found `bad`, expected a finite number"),
        (
            "x,y\n1,\"a\nb\"\n,b\n",
            "row 1 (counted from 0), line 4: column `x`: found an empty value, expected a finite number",
        ),
        ("x,y\n1,a\n2\n", "row 1 (counted from 0), line 3: found 1 cell, expected 2 cells as in the header"),
        ("x,y\n1,a,b\n", "row 0 (counted from 0), line 2: found 3 cells, expected 2 cells as in the header"),
        ("x,y\n1e999,a\n", "row 0 (counted from 0), line 2: column `x`: found `1e999`, expected a finite number"),
        ("x,y\nNaN,a\n", "row 0 (counted from 0), line 2: column `x`: found `NaN`, expected a finite number"),
        ("x,y\n-inf,a\n", "row 0 (counted from 0), line 2: column `x`: found `-inf`, expected a finite number"),
    ] {
        assert_eq!(refusal(&input(text), &x), expected, "{text:?}");
    }
    let bytes = refusal(&input(b"x\n\xff\n"), &x);
    assert_eq!(
        bytes,
        "row 0 (counted from 0), line 2: column `x`: found bytes that are no UTF-8, expected a finite number"
    );
    let flag = refusal(&input("f\nmaybe\n"), &[required("f", Kind::Flag)]);
    assert_eq!(flag, "row 0 (counted from 0), line 2: column `f`: found `maybe`, expected true or false");
    let long = refusal(&input(format!("x\n{}\n", "ä".repeat(100))), &x);
    assert!(long.contains(&format!("found `{}…`,", "ä".repeat(40))), "{long}");
}

#[test]
fn bad_rows_are_left_out_and_listed_when_that_is_asked_for() {
    let text: String = (0..100).map(|row| if row % 3 == 0 { "bad\n".to_owned() } else { format!("{row}\n") }).collect();
    let (found, summary) = rows(&skipping(format!("x\n{text}")), &[required("x", Kind::Number)]).unwrap();
    let expected: Vec<f64> = (0..100).filter(|row| row % 3 != 0).map(f64::from).collect();
    assert_eq!(numbers(&found), expected);
    assert_eq!((summary.rows, summary.bad, summary.first_bad.len()), (66, 34, 20));
    let positions: Vec<(u64, Option<u64>)> = summary.first_bad.iter().map(|bad| (bad.row, bad.line)).collect();
    let expected: Vec<(u64, Option<u64>)> = (0..20).map(|bad| (3 * bad, Some(3 * bad + 2))).collect();
    assert_eq!(positions, expected);
}

#[test]
fn a_missing_column_is_named_with_those_there_are() {
    let missing = [required("z", Kind::Number)];
    assert_eq!(refusal(&input("x,y\n1,2\n"), &missing), "there is no column `z`; there are `x`, `y`");
    assert_eq!(refusal(&input("x\n1\n"), &missing), "there is no column `z`; there is `x`");
    let many: Vec<String> = (0..30).map(|column| format!("c{column}")).collect();
    let said = refusal(&input(format!("{}\n", many.join(","))), &missing);
    assert!(said.ends_with("`c18`, `c19` and 10 more"), "{said}");
    // one that is not required is missing in every row
    let (found, _) = rows(&input("x\n1\n"), &[optional("z", Kind::Number)]).unwrap();
    assert_eq!(found, [[Held::Missing]]);
}

#[test]
fn columns_of_one_name_are_refused_only_when_they_are_wanted() {
    let text = "x,y,x\n1,2,3\n";
    let said = refusal(&input(text), &[required("x", Kind::Number)]);
    assert_eq!(said, "2 columns are named `x`: rename all but one");
    let (found, _) = rows(&input(text), &[required("y", Kind::Number), required("y", Kind::Text)]).unwrap();
    assert_eq!(found, [[Held::Number(2.0), Held::Text("2".to_owned())]]);
}

#[test]
fn a_row_without_an_end_is_refused_before_it_fills_the_memory() {
    let open = format!("x\n1\n\"{}", "0\n".repeat(MAX_ROW_BYTES as usize));
    let said = refusal(&input(&open), &[required("x", Kind::Number)]);
    assert!(said.starts_with("row 1 (counted from 0), line "), "{said}");
    let expected = format!("is longer than {MAX_ROW_BYTES} bytes: a quotation mark may be open, or it is no CSV");
    assert!(said.ends_with(&expected), "{said}");
    // so is one that a compression made short
    let said = message(&columns_of(&input(gzip(&vec![b'x'; MAX_ROW_BYTES as usize + (1 << 20)]))).unwrap_err());
    assert!(said.ends_with(&expected), "{said}");
}

#[test]
fn what_holds_nothing_or_no_text_says_so() {
    assert_eq!(message(&columns_of(&input("")).unwrap_err()), "it is empty");
    assert_eq!(message(&columns_of(&input("\n\n")).unwrap_err()), "not CSV: there is no header");
    assert_eq!(message(&columns_of(&input(b"a,\xff\n")).unwrap_err()), "not CSV: its header is not UTF-8");
    let utf_16 = message(&columns_of(&input(b"\xff\xfea\0,\0")).unwrap_err());
    assert_eq!(utf_16, "it is UTF-16 text: make it plain UTF-8 text with `iconv -f UTF-16 -t UTF-8`");
    let (found, summary) = rows(&input("x\n"), &[required("x", Kind::Number)]).unwrap();
    assert_eq!((found.len(), summary.rows), (0, 0));
    let many = ",".repeat(1 << 16);
    assert_eq!(message(&columns_of(&input(many)).unwrap_err()), "it has 65537 columns: the limit is 65536");
}

#[test]
fn compressed_data_that_is_cut_off_is_refused() {
    let text: String = (0..10_000).map(|row| format!("{row},{}\n", row * 7919 % 10_007)).collect();
    let whole = gzip(format!("x,y\n{text}").as_bytes());
    for length in [30, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let said = refusal(&input(&whole[..length]), &[required("x", Kind::Number)]);
        assert_eq!(said, "cannot read: the gzip data is cut off: the file is not whole", "{length} bytes");
    }
}

#[test]
fn a_pipe_is_read_like_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::File::options().write(true).open(path).unwrap().write_all(&gzip(b"x\n1\n2\n")).unwrap()
    });
    let (found, _) = rows(&TableInput::new(&path), &[required("x", Kind::Number)]).unwrap();
    writer.join().unwrap();
    assert_eq!(numbers(&found), [1.0, 2.0]);
}
