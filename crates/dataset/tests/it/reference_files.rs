//! Reading and writing references files: what goes in comes out, and what is no references file is refused by place.

use crate::common::message;
use dataset::{DataError, ReadReferences, References, read_references, references_sha256, write_references};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use space::{DIMENSIONS, Label, Point, SCALE};
use std::fs::File;
use std::io::Write;
use std::sync::Mutex;

const ROW: &str = r#"{"vector":[0.01,0.0833,0.05,0.8261,0.1667,-1,-1,0.0432,0.25,0,1,0,0.2,0.0416],"label":"legit"}"#;

fn read(text: impl AsRef<[u8]>) -> Result<ReadReferences, DataError> {
    read_references(text.as_ref(), &|_, _, _| {})
}

fn write(references: &References) -> Vec<u8> {
    let mut text = Vec::new();
    write_references(references, &mut text, &|_, _, _| {}).unwrap();
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The message for a file of one good row and then `row`, which must be blamed.
fn refusal_of(row: &str) -> String {
    let error = read(format!("[{ROW},{row}]")).unwrap_err();
    assert!(matches!(error, DataError::Reference { element: 1, .. }), "{error:?}");
    let message = message(&error);
    assert!(
        message.starts_with("reference 1 (counted from 0): ") && message.contains(" at line 1 column "),
        "{message}"
    );
    message
}

/// `ROW` with other numbers from `dimension` on.
fn row_with(numbers: &str) -> String {
    format!(r#"{{"vector":[{numbers}],"label":"fraud"}}"#)
}

#[track_caller]
fn assert_contains(message: &str, part: &str) {
    assert!(message.contains(part), "{message:?} lacks {part:?}");
}

#[test]
fn published_row_is_read_as_its_stored_values() {
    let ReadReferences { references, rounded } = read(format!("[{ROW}]")).unwrap();
    let values = [100, 833, 500, 8261, 1667, -10_000, -10_000, 432, 2500, 0, 10_000, 0, 2000, 416];
    assert_eq!(references.vectors, [Point::new(values).unwrap()]);
    assert_eq!(references.labels, [Label::Legit]);
    assert_eq!(rounded, 0);
}

#[test]
fn keys_in_any_order_and_white_space_are_read() {
    let text = " [ {\n\"label\" : \"fraud\" , \"vector\" : [0,0,0,0,0,0,0,0,0,0,0,0,0, 1.0 ]\n} ] \n";
    let references = read(text).unwrap().references;
    assert_eq!(references.labels, [Label::Fraud]);
    assert_eq!(references.vectors[0].values()[13], SCALE);
}

#[test]
fn an_empty_array_is_an_empty_set() {
    assert_eq!(read("[]").unwrap().references, References::default());
    assert_eq!(write(&References::default()), b"[]\n");
}

#[test]
fn values_between_multiples_are_rounded_half_away_and_counted() {
    let numbers = "0.00005,-0.00005,0.000049,0.99996,0.1234,-1,1,0,-0.0,1e-1,0.3,0.7,0.9999,-0.33335";
    let ReadReferences { references, rounded } = read(format!("[{}]", row_with(numbers))).unwrap();
    let values = [1, -1, 0, 10_000, 1234, -10_000, 10_000, 0, 0, 1000, 3000, 7000, 9999, -3334];
    assert_eq!(references.vectors[0].values(), &values);
    assert_eq!(rounded, 5);
}

#[test]
fn value_over_one_is_refused() {
    let message = refusal_of(&row_with("0,0,0,1.0001,0,0,0,0,0,0,0,0,0,0"));
    assert_contains(&message, "dimension 3 is 1.0001, outside [-1, 1]");
}

#[test]
fn value_under_minus_one_is_refused() {
    let message = refusal_of(&row_with("0,0,0,0,0,0,0,0,0,0,0,0,0,-1.5"));
    assert_contains(&message, "dimension 13 is -1.5, outside [-1, 1]");
}

#[test]
fn value_that_is_not_finite_is_refused() {
    assert_contains(&refusal_of(&row_with("1e999,0,0,0,0,0,0,0,0,0,0,0,0,0")), "number out of range");
    refusal_of(&row_with("NaN,0,0,0,0,0,0,0,0,0,0,0,0,0"));
    refusal_of(&row_with("Infinity,0,0,0,0,0,0,0,0,0,0,0,0,0"));
}

#[test]
fn value_that_is_no_number_is_refused() {
    for value in ["null", "\"0.5\"", "true", "[0]"] {
        let message = refusal_of(&row_with(&format!("{value},0,0,0,0,0,0,0,0,0,0,0,0,0")));
        assert_contains(&message, "invalid type");
    }
}

#[test]
fn short_vector_is_refused() {
    let message = refusal_of(&row_with("0,0,0,0,0,0,0,0,0,0,0,0,0"));
    assert_contains(&message, "invalid length 13, expected a vector of 14 numbers");
}

#[test]
fn long_vector_is_refused() {
    let message = refusal_of(&row_with("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"));
    assert_contains(&message, "longer than 14 numbers");
}

#[test]
fn unknown_label_is_refused() {
    assert_contains(
        &refusal_of(&ROW.replace("legit", "Legit")),
        r#"invalid value: string "Legit", expected the label"#,
    );
    assert_contains(&refusal_of(&ROW.replace(r#""legit""#, "1")), "expected the label");
}

#[test]
fn endless_unknown_label_is_shown_only_in_part() {
    let message = refusal_of(&ROW.replace("legit", &"x".repeat(10_000)));
    assert!(message.len() < 300, "{} bytes", message.len());
}

#[test]
fn unknown_key_is_refused() {
    let message = refusal_of(&ROW.replace(r#","label""#, r#","weight":1,"label""#));
    assert_contains(&message, "unknown field `weight`, expected `vector` or `label`");
}

#[test]
fn duplicate_keys_are_refused() {
    let message = refusal_of(&ROW.replace(r#","label""#, r#","label":"fraud","label""#));
    assert_contains(&message, "duplicate field `label`");
    let vector = &ROW[1..ROW.find(r#","label""#).unwrap()];
    assert_contains(&refusal_of(&ROW.replacen('{', &format!("{{{vector},"), 1)), "duplicate field `vector`");
}

#[test]
fn missing_keys_are_refused() {
    assert_contains(&refusal_of(r#"{"label":"legit"}"#), "missing field `vector`");
    assert_contains(&refusal_of(&ROW.replace(r#","label":"legit""#, "")), "missing field `label`");
}

#[test]
fn element_that_is_no_object_is_refused() {
    for element in ["1", "null", "[[0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"legit\"]"] {
        assert_contains(&refusal_of(element), "expected an object with a vector and a label");
    }
}

#[test]
fn broken_json_is_refused_at_its_line_and_column() {
    let error = read(format!("[{ROW},\n{ROW},\n{ROW} {ROW}]")).unwrap_err();
    assert!(matches!(error, DataError::Reference { element: 3, .. }), "{error:?}");
    assert_contains(&message(&error), &format!("at line 3 column {}", ROW.len() + 2));
}

#[test]
fn trailing_bytes_are_refused() {
    for rest in ["]", "[]", " x", "\0"] {
        let error = read(format!("[{ROW}]\n{rest}")).unwrap_err();
        assert!(matches!(error, DataError::Shape { .. }), "{error:?}");
        assert_contains(&message(&error), "trailing characters at line 2");
    }
}

#[test]
fn what_is_no_array_is_refused() {
    for text in [" ", "null", "\"references\"", "references", "7"] {
        let error = read(text).unwrap_err();
        assert!(matches!(error, DataError::Shape { .. }), "{text:?}: {error:?}");
        assert_contains(&message(&error), "not references, an array or one object a line: ");
    }
}

#[test]
fn every_truncation_is_refused() {
    let text = format!("[{ROW},{ROW}]");
    for length in 0..text.len() {
        assert!(read(&text[..length]).is_err(), "{length} of {} bytes were read", text.len());
    }
}

#[test]
fn truncated_gzip_is_refused() {
    let packed = gzip(format!("[{ROW},{ROW}]").as_bytes());
    assert_eq!(read(&packed).unwrap().references.labels.len(), 2);
    for length in 0..packed.len() {
        assert!(read(&packed[..length]).is_err(), "{length} of {} bytes were read", packed.len());
    }
}

#[test]
fn damaged_gzip_is_a_reading_error() {
    let mut packed = gzip(format!("[{}]", [ROW; 50].join(",")).as_bytes());
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    assert!(matches!(read(&packed), Err(DataError::Read(_))));
}

#[test]
fn full_destination_is_a_writing_error() {
    let mut room = [0; 40];
    let references = read(format!("[{ROW}]")).unwrap().references;
    let error = write_references(&references, &mut room[..], &|_, _, _| {}).unwrap_err();
    assert!(matches!(error, DataError::Write(_)), "{error:?}");
}

#[test]
fn progress_of_reading_ends_at_the_number_of_references() {
    let calls = Mutex::new(Vec::new());
    let text = format!("[{}]", vec![ROW; 70_000].join(","));
    read_references(text.as_bytes(), &|_, done, total| calls.lock().unwrap().push((done, total))).unwrap();
    assert_eq!(calls.into_inner().unwrap(), [(0, 0), (65_536, 0), (70_000, 70_000)]);
}

#[test]
fn files_are_read_back_compressed_or_not() {
    let references = read(format!("[{ROW},{ROW}]")).unwrap().references;
    let mut text = Vec::new();
    write_references(&references, &mut text, &|_, _, _| {}).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("references.json", &text), ("references.json.gz", &gzip(&text))] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let found = read_references(File::open(path).unwrap(), &|_, _, _| {}).unwrap();
        assert_eq!(found.references, references);
    }
}

#[test]
fn sha256_is_the_one_of_the_written_text() {
    // of "[]\n"
    let empty = "37517e5f3dc66819f61f5a7bb8ace1921282415f10551d2defa5c3eb0985b570";
    assert_eq!(references_sha256(&References::default()), empty);
}

fn references() -> impl Strategy<Value = References> {
    let value = prop_oneof![4 => -SCALE..=SCALE, 1 => Just(SCALE), 1 => Just(-SCALE), 1 => Just(0)];
    let vector = prop::array::uniform14(value).prop_map(|values: [i16; DIMENSIONS]| Point::new(values).unwrap());
    let label = any::<bool>().prop_map(|is_fraud| if is_fraud { Label::Fraud } else { Label::Legit });
    prop::collection::vec((vector, label), 0..200).prop_map(|rows| {
        let (vectors, labels) = rows.into_iter().unzip();
        References { vectors, labels }
    })
}

proptest! {
    #[test]
    fn what_was_written_is_read_unchanged(references in references()) {
        let text = write(&references);
        let plain = read(&text).unwrap();
        prop_assert_eq!(&plain.references, &references);
        prop_assert_eq!(plain.rounded, 0);
        let packed = read(gzip(&text)).unwrap();
        prop_assert_eq!(&packed.references, &references);
    }

    #[test]
    fn written_text_is_what_a_plain_json_library_reads(references in references()) {
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&write(&references)).unwrap();
        prop_assert_eq!(rows.len(), references.vectors.len());
        for (row, (vector, label)) in rows.iter().zip(references.vectors.iter().zip(&references.labels)) {
            let values = vector.values().map(|value| f64::from(value) / f64::from(SCALE));
            let found: Vec<f64> = row["vector"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
            prop_assert_eq!(found, values);
            prop_assert_eq!(row["label"] == "fraud", *label == Label::Fraud);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
}
