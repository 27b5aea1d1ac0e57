//! The same rows in every format and compression.

use super::{Held, gzip, input, npy, npz, optional, required, rows, zstd};
use dataset::{Column, Format, TableInput, TableSource, columns_of, read_matrix};
use proptest::prelude::*;
use schema::Kind;

/// A row as it is written.
#[derive(Clone, Debug)]
struct Written {
    number: f64,
    maybe: Option<f64>,
    flag: bool,
    text: String,
    texts: Vec<String>,
}

prop_compose! {
    fn written()(
        number in prop_oneof![any::<f64>().prop_filter("finite", |number| number.is_finite()), Just(0.0), Just(-0.0)],
        maybe in proptest::option::of(-1e9..1e9_f64),
        flag in any::<bool>(),
        // an empty text is a missing one in CSV
        text in "[ -~äß€\n\"';,\t]{1,12}",
        texts in proptest::collection::vec("[a-zä\"\\\\]{0,3}", 0..3),
    ) -> Written {
        Written { number, maybe, flag, text, texts }
    }
}

fn columns() -> Vec<Column> {
    vec![
        required("number", Kind::Number),
        optional("inner.maybe", Kind::Number),
        required("flag", Kind::Flag),
        required("text", Kind::Text),
        required("inner.texts", Kind::Texts),
    ]
}

fn expected(written: &[Written]) -> Vec<Vec<Held>> {
    let row = |row: &Written| {
        vec![
            Held::Number(row.number),
            row.maybe.map_or(Held::Missing, Held::Number),
            Held::Flag(row.flag),
            Held::Text(row.text.clone()),
            Held::Texts(row.texts.clone()),
        ]
    };
    written.iter().map(row).collect()
}

fn csv(written: &[Written], delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(["inner.texts", "number", "inner.maybe", "unused", "flag", "text"]).unwrap();
    for row in written {
        let maybe = row.maybe.map_or(String::new(), |number| number.to_string());
        let texts = serde_json::to_string(&row.texts).unwrap();
        let flag = if row.flag { "yes" } else { "0" };
        writer.write_record([&texts, &row.number.to_string(), &maybe, "x", flag, &row.text]).unwrap();
    }
    writer.into_inner().unwrap()
}

fn objects(written: &[Written]) -> Vec<serde_json::Value> {
    let object = |row: &Written| {
        serde_json::json!({
            "unused": [{"text": 1}], "number": row.number, "inner": {"maybe": row.maybe, "texts": row.texts},
            "flag": row.flag, "text": row.text,
        })
    };
    written.iter().map(object).collect()
}

fn json(written: &[Written]) -> Vec<u8> {
    serde_json::to_vec_pretty(&objects(written)).unwrap()
}

fn json_lines(written: &[Written]) -> Vec<u8> {
    objects(written).iter().map(|row| format!("{row}\n")).collect::<String>().into_bytes()
}

/// Plain, compressed, and from a file.
fn inputs(bytes: &[u8], format: Option<Format>) -> Vec<(TableInput, Option<tempfile::TempPath>)> {
    let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&file, bytes).unwrap();
    let path = TableInput::new(&*file);
    let inputs = [(input(bytes), None), (input(gzip(bytes)), None), (input(zstd(bytes)), None), (path, Some(file))];
    inputs.map(|(input, file)| (TableInput { format, ..input }, file)).into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn text_formats_are_read_back(written in proptest::collection::vec(written(), 1..20)) {
        let texts = [
            (csv(&written, b','), Format::Csv),
            (csv(&written, b';'), Format::Csv),
            (csv(&written, b'\t'), Format::Csv),
            (json(&written), Format::Json),
            (json_lines(&written), Format::JsonLines),
        ];
        for (bytes, format) in texts {
            for named in [None, Some(format)] {
                for (input, _file) in inputs(&bytes, named) {
                    let (found, summary) = rows(&input, &columns()).unwrap();
                    prop_assert_eq!(&found, &expected(&written), "{:?}", String::from_utf8_lossy(&bytes));
                    prop_assert_eq!(summary.format, format);
                    prop_assert_eq!((summary.rows, summary.bad), (written.len() as u64, 0));
                }
            }
        }
    }

    #[test]
    fn arrays_are_read_back(
        (columns, values) in (1..6_usize).prop_flat_map(|columns| {
            (Just(columns), proptest::collection::vec(-1e30..1e30_f64, 0..40).prop_map(move |mut values| {
                values.truncate(values.len() / columns * columns);
                values
            }))
        }),
        is_by_column in any::<bool>(),
    ) {
        let rows = values.len() / columns;
        let stored: Vec<f64> = if is_by_column {
            (0..values.len()).map(|at| values[at % rows * columns + at / rows]).collect()
        } else {
            values.clone()
        };
        let data: Vec<u8> = stored.iter().flat_map(|value| value.to_le_bytes()).collect();
        let bytes = npy("<f8", is_by_column, &format!("({rows}, {columns})"), &data);
        let labels: Vec<u8> = (0..rows).flat_map(|row| (row as i64 % 3).to_le_bytes()).collect();
        let labels = npy("<i8", false, &format!("({rows},)"), &labels);
        let members = [("other", &bytes[..]), ("y", &labels)];
        let rounded: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let names: Vec<String> = (0..columns).map(|column| column.to_string()).collect();
        for (bytes, format) in
            [(bytes.clone(), Format::Npy), (npz(&members, false), Format::Npz), (npz(&members, true), Format::Npz)]
        {
            for (input, _file) in inputs(&bytes, None) {
                let matrix = read_matrix(&input, None, u64::MAX, &|_, _, _| {}).unwrap();
                prop_assert_eq!((&matrix.columns, &matrix.values), (&names, &rounded));
                prop_assert_eq!((matrix.summary.format, matrix.summary.rows), (format, rows as u64));
                let wanted: Vec<Column> = names.iter().rev().map(|name| required(name, Kind::Number)).collect();
                let (found, _) = super::rows(&input, &wanted).unwrap();
                let expected: Vec<Vec<Held>> = values
                    .chunks(columns)
                    .map(|row| row.iter().rev().map(|value| Held::Number(*value)).collect())
                    .collect();
                prop_assert_eq!(found, expected);
            }
        }
    }

    /// Any bytes are read or refused, without a panic; what they are taken for may be said.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), which in 0..8_usize) {
        let format = Format::ALL.get(which).copied();
        let input = TableInput { format, skip_bad: true, ..input(&bytes) };
        let _read = rows(&input, &[optional("a", Kind::Number)]);
        let _names = columns_of(&input);
        let _matrix = read_matrix(&input, None, 1 << 20, &|_, _, _| {});
        let _survey = dataset::survey(&input, &|_, _, _| {});
    }
}

#[test]
fn a_name_tells_csv_from_what_begins_like_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.csv");
    std::fs::write(&path, "[a],b\n1,2\n").unwrap();
    let found = rows(&TableInput::new(&path), &[required("[a]", Kind::Number)]).unwrap();
    assert_eq!((found.0, found.1.format), (vec![vec![Held::Number(1.0)]], Format::Csv));
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let error = columns_of(&TableInput::new("/no/such/table.csv")).unwrap_err();
    assert_eq!(super::message(&error), "cannot open /no/such/table.csv: No such file or directory (os error 2)");
    let folder = columns_of(&TableInput::new("/")).unwrap_err();
    assert_eq!(super::message(&folder), "cannot open /: is a directory");
    assert!(matches!(TableInput::new("-").source, TableSource::Stdin));
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_format_that_was_not_built_says_what_to_type() {
    for (head, name) in [
        (&b"PAR1...."[..], "a Parquet file"),
        (b"ARROW1\0\0", "Arrow IPC data"),
        (b"\xff\xff\xff\xff", "Arrow IPC data"),
    ] {
        let error = columns_of(&input(head)).unwrap_err();
        let expected = format!(
            "it is {name}, which this program was built without: build it with `cargo build --release --features parquet`"
        );
        assert_eq!(super::message(&error), expected);
    }
}
