//! JSON arrays and lines of objects.

use super::{Held, input, optional, refusal, required, rows, skipping};
use dataset::{MAX_ROW_BYTES, columns_of};
use schema::Kind;

#[test]
fn columns_are_the_paths_in_the_order_in_which_they_occur() {
    let text = r#"{"z":1,"a":{"y":{"x":1},"b":[1,2]},"e":{}} {"new":null,"z":2}"#.replace("} {", "}\n{");
    assert_eq!(columns_of(&input(&text)).unwrap(), ["z", "a.y.x", "a.b", "new"]);
    assert_eq!(columns_of(&input(format!("[{}]", text.replace('\n', ",")))).unwrap(), ["z", "a.y.x", "a.b", "new"]);
}

#[test]
fn values_are_not_converted_from_text() {
    for (value, kind, said) in [
        (r#""1""#, Kind::Number, "found the text `1`, expected a finite number"),
        ("true", Kind::Number, "found true, expected a finite number"),
        ("null", Kind::Number, "found an empty value, expected a finite number"),
        ("{}", Kind::Number, "found an object, expected a finite number"),
        ("[1]", Kind::Number, "found an array of other values than texts, expected a finite number"),
        ("[1]", Kind::Texts, "found an array of other values than texts, expected an array of texts"),
        (r#""true""#, Kind::Flag, "found the text `true`, expected true or false"),
        ("1.5", Kind::Text, "found the number 1.5, expected a text or a whole number"),
        (r#""1 May""#, Kind::Time, "found the text `1 May`, expected a time such as 2026-03-11T18:45:53Z"),
    ] {
        let text = format!("[{{\"x\":{value}}}]");
        let expected = format!("row 0 (counted from 0), line 1: column `x`: {said}");
        assert_eq!(refusal(&input(text), &[required("x", kind)]), expected);
    }
    let (found, _) = rows(&input(r#"{"x":17}"#), &[required("x", Kind::Text)]).unwrap();
    assert_eq!(found, [[Held::Text("17".to_owned())]]);
    let (found, _) = rows(&input(r#"{"x":"a\"\u00e4"}"#), &[required("x", Kind::Text)]).unwrap();
    assert_eq!(found, [[Held::Text("a\"ä".to_owned())]]);
}

#[test]
fn a_bad_line_is_named_and_those_behind_it_are_read() {
    let text = "{\"x\":1}\n{\"x\":\n\n7\n{\"x\":1,\"x\":2}\n{\"y\":1}\n{\"x\":1e999}\n{\"x\":2}";
    let x = [required("x", Kind::Number)];
    let said = refusal(&input(text), &x);
    assert!(said.starts_with("row 1 (counted from 0), line 2: found `EOF while parsing"), "{said}");
    assert!(said.ends_with(", expected a JSON object"), "{said}");
    let (found, summary) = rows(&skipping(text), &x).unwrap();
    assert_eq!(found, [[Held::Number(1.0)], [Held::Number(2.0)]]);
    let bad: Vec<String> = summary.first_bad.iter().map(ToString::to_string).collect();
    assert_eq!(bad.len(), 5, "{bad:?}");
    assert!(bad[1].starts_with("row 2 (counted from 0), line 4: found `invalid type: integer `7`, expected an object"));
    assert_eq!(bad[2], "row 3 (counted from 0), line 5: column `x`: found it twice, expected each key once");
    assert_eq!(bad[3], "row 4 (counted from 0), line 6: column `x`: found nothing, expected a finite number");
    assert!(bad[4].starts_with("row 5 (counted from 0), line 7: found `number out of range"), "{}", bad[4]);
}

#[test]
fn a_bad_element_of_an_array_is_left_out() {
    let text = "[{\"x\":1},\n{\"x\":tru},\n[],\n{\"x\":2}]";
    let (found, summary) = rows(&skipping(text), &[required("x", Kind::Number)]).unwrap();
    assert_eq!(found, [[Held::Number(1.0)], [Held::Number(2.0)]]);
    let places: Vec<(u64, Option<u64>)> = summary.first_bad.iter().map(|bad| (bad.row, bad.line)).collect();
    assert_eq!(places, [(1, Some(2)), (2, Some(3))]);
}

#[test]
fn what_is_around_the_rows_is_never_left_out() {
    let x = [required("x", Kind::Number)];
    for (text, said) in [
        ("[{\"x\":1}", "row 1 (counted from 0), line 1: the text ends inside the array"),
        ("[{\"x\":1},\n{\"x\":", "row 1 (counted from 0), line 2: the text ends inside the array"),
        ("[{\"x\":1}]\n]", "row 1 (counted from 0), line 2: more text behind the array"),
        ("[{\"x\":1} {\"x\":1}]", "row 1 (counted from 0), line 1: no comma between two rows"),
    ] {
        assert_eq!(refusal(&skipping(text), &x), said);
    }
}

#[test]
fn deep_values_are_refused_or_passed_over_and_never_followed_down() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let x = [optional("x", Kind::Number)];
    let wanted = refusal(&input(format!("{{\"x\":{}}}", deep(100_000))), &x);
    assert!(wanted.contains("found an array of other values"), "{wanted}");
    let (found, _) = rows(&input(format!("{{\"y\":{}}}", deep(100_000))), &x).unwrap();
    assert_eq!(found, [[Held::Missing]]);
    let objects = format!("{}1{}", "{\"x\":".repeat(100_000), "}".repeat(100_000));
    let path = vec!["x"; 200].join(".");
    let said = refusal(&input(&objects), &[optional(&path, Kind::Number)]);
    assert!(said.contains("recursion limit exceeded"), "{said}");
    assert!(columns_of(&input(&objects)).is_ok());
}

#[test]
fn a_value_where_an_object_should_be_is_bad() {
    let inner = [optional("a.b", Kind::Number)];
    let said = refusal(&input(r#"{"a":5}"#), &inner);
    assert!(
        said.ends_with("column `a.b`: found a value where an object should be, expected a finite number"),
        "{said}"
    );
    let (found, _) = rows(&input("{\"a\":null}\n{}\n{\"a\":{}}\n{\"a.b\":1}\n{\"a\":{\"b\":2}}"), &inner).unwrap();
    let expected = [Held::Missing, Held::Missing, Held::Missing, Held::Number(1.0), Held::Number(2.0)];
    assert_eq!(found.concat(), expected);
}

#[test]
fn a_row_without_an_end_is_refused_before_it_fills_the_memory() {
    let long = "7".repeat(MAX_ROW_BYTES as usize + 1);
    for text in [format!("{{\"x\":\"{long}\"}}"), format!("[{{\"x\":1}},{{\"x\":\"{long}\"}}]")] {
        let said = refusal(&input(&text), &[optional("x", Kind::Text)]);
        assert!(said.ends_with(&format!("line 1 is longer than {MAX_ROW_BYTES} bytes")), "{said}");
    }
}
