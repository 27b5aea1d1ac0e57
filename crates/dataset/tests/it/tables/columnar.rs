//! Parquet and Arrow IPC, as Arrow's own library in another language writes them.

use super::{Held, gzip, input, message, optional, refusal, required, rows};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use dataset::{Column, Format, TableInput, columns_of, read_matrix, survey};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use schema::Kind;
use std::sync::Arc;

fn path(name: &str) -> String {
    format!("{}/tests/data/tables/{name}", env!("CARGO_MANIFEST_DIR"))
}

const FILES: [&str; 10] = [
    "none.parquet",
    "snappy.parquet",
    "gzip.parquet",
    "zstd.parquet",
    "lz4.parquet",
    "brotli.parquet",
    "uncompressed.arrow",
    "lz4.arrow",
    "zstd.arrow",
    "stream.arrows",
];

fn text(text: &str) -> Held {
    Held::Text(text.to_owned())
}

#[test]
fn every_type_and_compression_that_arrow_writes_is_read() {
    let columns: Vec<Column> = vec![
        optional("f64", Kind::Number),
        required("f32", Kind::Number),
        required("f16", Kind::Number),
        required("i8", Kind::Number),
        required("u64", Kind::Text),
        optional("flag", Kind::Flag),
        optional("text", Kind::Text),
        required("large", Kind::Text),
        required("category", Kind::Text),
        optional("seconds", Kind::Time),
        required("micros", Kind::Time),
        optional("day", Kind::Time),
        optional("texts", Kind::Texts),
        optional("not there", Kind::Number),
    ];
    let texts = |texts: &[&str]| Held::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    let number = Held::Number;
    let expected = [
        vec![
            number(1.5),
            number(0.25),
            number(0.5),
            number(1.0),
            text("1"),
            Held::Flag(true),
            text("a"),
            text("a"),
            text("ok"),
            text("1970-01-01T00:00:00Z"),
            text("1970-01-01T00:00:00.000001Z"),
            text("1970-01-01T00:00:00Z"),
            texts(&["a", "b"]),
            Held::Missing,
        ],
        vec![
            Held::Missing,
            number(1.0),
            number(1.0),
            number(2.0),
            text("2"),
            Held::Flag(false),
            text("ä"),
            text("b"),
            text("dispute"),
            text("2026-03-12T18:26:40Z"),
            text("2026-03-12T18:26:40.25Z"),
            text("2024-10-04T00:00:00Z"),
            texts(&[]),
            Held::Missing,
        ],
        vec![
            number(-2.0),
            number(2.0),
            number(2.0),
            number(-3.0),
            text("18446744073709551615"),
            Held::Missing,
            Held::Missing,
            text("c"),
            text("ok"),
            Held::Missing,
            text("1969-12-31T23:59:59.999999Z"),
            Held::Missing,
            Held::Missing,
            Held::Missing,
        ],
    ];
    for name in FILES {
        let path = path(name);
        let bytes = std::fs::read(&path).unwrap();
        for input in [TableInput::new(&path), input(&bytes), input(gzip(&bytes))] {
            let (found, summary) = rows(&input, &columns).unwrap();
            assert_eq!(found, expected, "{name}");
            let format = if name.ends_with("parquet") { Format::Parquet } else { Format::Arrow };
            assert_eq!(summary.format, format);
        }
    }
}

#[test]
fn faults_are_named_by_row_and_column() {
    for name in FILES {
        let input = TableInput::new(path(name));
        for (column, kind, said) in [
            (
                "f64",
                Kind::Number,
                "row 1 (counted from 0): column `f64`: found an empty value, expected a finite number",
            ),
            (
                "text",
                Kind::Number,
                "row 0 (counted from 0): column `text`: found the text `a`, expected a finite number",
            ),
            (
                "nested",
                Kind::Text,
                "row 0 (counted from 0): column `nested`: found a struct, expected a text or a whole number",
            ),
        ] {
            assert_eq!(refusal(&input, &[required(column, kind)]), said, "{name}");
        }
        let said = refusal(&input, &[required("x", Kind::Number)]);
        assert!(said.starts_with("there is no column `x`; there are `f64`, `f32`, "), "{said}");
        let found = survey(&input, &|_, _, _| {}).unwrap();
        assert_eq!(found.columns.iter().map(|column| column.missing).sum::<u64>(), 7, "{name}");
    }
}

#[test]
fn numbers_are_told_by_their_types() {
    let columns = ["f32", "i8"].map(str::to_owned);
    for name in FILES {
        let found = read_matrix(&TableInput::new(path(name)), Some(&columns), u64::MAX, &|_, _, _| {}).unwrap();
        assert_eq!(found.values, [0.25, 1.0, 1.0, 2.0, 2.0, -3.0], "{name}");
        let skipping = TableInput { skip_bad: true, ..TableInput::new(path(name)) };
        let all = read_matrix(&skipping, None, u64::MAX, &|_, _, _| {}).unwrap();
        assert_eq!(all.columns, ["f64", "f32", "f16", "i8", "u64"], "{name}");
    }
}

#[test]
fn a_file_that_is_cut_off_or_damaged_is_refused() {
    for (name, step) in [("snappy.parquet", 311), ("uncompressed.arrow", 257), ("stream.arrows", 257)] {
        let whole = std::fs::read(path(name)).unwrap();
        for length in (8..whole.len() - 64).step_by(step) {
            let read = rows(&input(&whole[..length]), &[optional("f32", Kind::Number)]);
            // a stream without its end mark is one that ended after a batch
            assert!(read.is_err() || (name == "stream.arrows" && read.unwrap().0.len() < 3), "{name}: {length} bytes");
        }
    }
    let error = columns_of(&input(b"PAR1 and no more of it")).unwrap_err();
    assert!(message(&error).starts_with("not a Parquet file: "), "{}", message(&error));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_written_is_read_back(
        written in proptest::collection::vec((-1e300..1e300_f64, any::<Option<bool>>(), "[a-zß]{0,5}"), 1..300),
        which in 0..3_usize,
        group in 1..100_usize,
    ) {
        let numbers: ArrayRef = Arc::new(Float64Array::from_iter_values(written.iter().map(|row| row.0)));
        let flags: ArrayRef = Arc::new(written.iter().map(|row| row.1).collect::<BooleanArray>());
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(written.iter().map(|row| &row.2)));
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("number", numbers, false), ("flag", flags, true), ("text", texts, false),
        ]).unwrap();
        let bytes = match which {
            0 => {
                let compression = Compression::SNAPPY;
                let properties = WriterProperties::builder()
                    .set_compression(compression)
                    .set_max_row_group_row_count(Some(group))
                    .build();
                let mut writer =
                    parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
                writer.write(&batch).unwrap();
                writer.into_inner().unwrap()
            }
            1 => {
                let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
                writer.write(&batch).unwrap();
                writer.into_inner().unwrap()
            }
            _ => {
                let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
                for from in (0..batch.num_rows()).step_by(group) {
                    writer.write(&batch.slice(from, group.min(batch.num_rows() - from))).unwrap();
                }
                writer.into_inner().unwrap()
            }
        };
        let columns = [required("text", Kind::Text), required("number", Kind::Number), optional("flag", Kind::Flag)];
        let expected: Vec<Vec<Held>> = written
            .iter()
            .map(|row| vec![text(&row.2), Held::Number(row.0), row.1.map_or(Held::Missing, Held::Flag)])
            .collect();
        prop_assert_eq!(rows(&input(&bytes), &columns).unwrap().0, expected);
    }
}
