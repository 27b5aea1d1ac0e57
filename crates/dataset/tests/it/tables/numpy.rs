//! NumPy arrays and archives of them.

use super::{Held, gzip, input, message, npy, npz, refusal, required, rows, skipping};
use dataset::{ArrayNames, TableInput, TableSource, columns_of, read_matrix};
use schema::Kind;

/// Written by NumPy 2 (`python3 tests/data/tables.py`).
fn written(name: &str) -> TableInput {
    TableInput::new(format!("{}/tests/data/tables/{name}", env!("CARGO_MANIFEST_DIR")))
}

#[test]
fn what_numpy_writes_is_read() {
    let expected = [1.5, -2.0, 0.25, 100.0, 0.0, -0.5];
    for name in ["f64.npy", "f32.npy", "f16.npy", "f64-by-column.npy", "f64-big-endian.npy", "version-2.npy"] {
        let matrix = read_matrix(&written(name), None, u64::MAX, &|_, _, _| {}).unwrap();
        assert_eq!((matrix.values, matrix.columns.len()), (expected.to_vec(), 2), "{name}");
    }
    for name in ["i16.npy", "i32.npy", "i64.npy"] {
        let matrix = read_matrix(&written(name), None, u64::MAX, &|_, _, _| {}).unwrap();
        assert_eq!(matrix.values, [1.0, -2.0, 0.0, 100.0, 0.0, -3.0], "{name}");
    }
    let matrix = read_matrix(&written("u8.npy"), None, u64::MAX, &|_, _, _| {}).unwrap();
    assert_eq!(matrix.values, [1.0, 2.0, 0.0, 100.0, 255.0, 3.0]);
}

#[test]
fn archives_that_numpy_writes_are_read() {
    let columns = [required("1", Kind::Number), required("label", Kind::Text), required("id", Kind::Text)];
    for name in ["stored.npz", "compressed.npz"] {
        assert_eq!(columns_of(&written(name)).unwrap(), ["0", "1", "label", "id"], "{name}");
        let (found, _) = rows(&written(name), &columns).unwrap();
        let row = |number, label: &str, id: &str| {
            vec![Held::Number(number), Held::Text(label.to_owned()), Held::Text(id.to_owned())]
        };
        assert_eq!(found, [row(-2.0, "ok", "10"), row(100.0, "größer", "11"), row(-0.5, "ok", "12")], "{name}");
    }
}

fn f64s(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn numbers_that_are_not_finite_or_too_large_are_bad() {
    let bytes = npy("<f8", false, "(4, 2)", &f64s(&[1.0, 2.0, f64::NAN, 4.0, 5.0, f64::INFINITY, 1e39, 8.0]));
    let columns = [required("0", Kind::Number), required("1", Kind::Number)];
    let said = refusal(&input(&bytes), &columns);
    assert_eq!(said, "row 1 (counted from 0): column `0`: found the number NaN, expected a finite number");
    let (found, summary) = rows(&skipping(&bytes), &columns).unwrap();
    assert_eq!((found.len(), summary.bad), (2, 2));
    let matrix = read_matrix(&skipping(&bytes), None, u64::MAX, &|_, _, _| {}).unwrap();
    assert_eq!((matrix.values, matrix.summary.bad), (vec![1.0, 2.0], 3));
    assert!(matrix.summary.first_bad[2].to_string().ends_with("expected a number that fits 32 bits"));
}

#[test]
fn an_array_that_is_cut_off_or_too_long_is_refused() {
    let data = f64s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    for is_by_column in [false, true] {
        let whole = npy("<f8", is_by_column, "(3, 2)", &data);
        let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        for length in whole.len() - data.len()..whole.len() {
            let row = if is_by_column {
                (length + 24).saturating_sub(whole.len()) / 8
            } else {
                (length + 48 - whole.len()) / 16
            };
            let expected = format!("it is cut off in row {row} (counted from 0) of 3");
            std::fs::write(&file, &whole[..length]).unwrap();
            for input in [input(&whole[..length]), TableInput::new(&*file), input(gzip(&whole[..length]))] {
                assert_eq!(refusal(&input, &[required("0", Kind::Number)]), expected, "{length} of {}", whole.len());
            }
        }
        let longer = [&whole[..], b"x"].concat();
        std::fs::write(&file, &longer).unwrap();
        for input in [input(&longer), TableInput::new(&*file)] {
            let said = refusal(&input, &[required("0", Kind::Number)]);
            assert_eq!(said, "not a NumPy array of rows and columns: behind the array stand other bytes");
        }
        for length in 6..whole.len() - data.len() {
            let said = message(&columns_of(&input(&whole[..length])).unwrap_err());
            assert!(said.ends_with("it is cut off in its header"), "{length}: {said}");
        }
    }
}

#[test]
fn a_shape_that_lies_takes_no_memory() {
    for (shape, said) in [
        ("(1000000000000, 9)", "it is cut off in row 0 (counted from 0) of 1000000000000"),
        ("(4611686018427387904, 9)", "not a NumPy array of rows and columns: its shape is (4611686018427387904, 9)"),
        ("(2, 3, 4)", "not a NumPy array of rows and columns: its shape is (2, 3, 4)"),
        ("()", "not a NumPy array of rows and columns: its shape is ()"),
        ("(3, 0)", "not a NumPy array of rows and columns: its shape is (3, 0)"),
        ("(1, 65537)", "it has 65537 columns: the limit is 65536"),
        ("(1, 18446744073709551615)", "it has 18446744073709551615 columns: the limit is 65536"),
    ] {
        for is_by_column in [false, true] {
            let bytes = npy("<f8", is_by_column, shape, &f64s(&[1.0]));
            assert_eq!(message(&read_matrix(&input(&bytes), None, 1 << 20, &|_, _, _| {}).unwrap_err()), said);
        }
    }
    let long = [&b"\x93NUMPY\x02\0"[..], &u32::MAX.to_le_bytes(), &[b' '; 100]].concat();
    let said = message(&columns_of(&input(long)).unwrap_err());
    assert_eq!(said, "not a NumPy array of rows and columns: its header has 4294967295 bytes, more than 10000");
    for descr in ["|O", "<c16", "<M8[ns]", "<U0"] {
        let said = message(&columns_of(&input(npy(descr, false, "(1, 1)", &[0; 16]))).unwrap_err());
        assert!(said.ends_with(&format!("its type is `{descr}`, which is not read")), "{said}");
    }
}

#[test]
fn a_matrix_stays_in_the_memory_it_may_take() {
    let bytes = npy("<f8", false, "(3, 2)", &f64s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    assert!(read_matrix(&input(&bytes), None, 24, &|_, _, _| {}).is_ok());
    for memory in [0, 1, 23] {
        let error = read_matrix(&input(&bytes), None, memory, &|_, _, _| {}).unwrap_err();
        let expected = format!("the numbers take more than {memory} bytes: allow more memory, or choose fewer columns");
        assert_eq!(message(&error), expected);
    }
}

#[test]
fn the_arrays_of_an_archive_are_chosen_by_name() {
    let (two, one) = (npy("<f8", false, "(1, 2)", &f64s(&[1.0, 2.0])), npy("<f8", false, "(1,)", &f64s(&[3.0])));
    let three = npy("<f8", false, "(1, 2, 2)", &f64s(&[0.0; 4]));
    let archive = npz(&[("a", &two), ("b", &two), ("y", &one), ("z", &one), ("cube", &three)], true);
    let named = |matrix: Option<&str>, labels: Option<&str>| {
        let arrays = ArrayNames { matrix: matrix.map(str::to_owned), labels: labels.map(str::to_owned) };
        columns_of(&TableInput { arrays, ..input(&archive) }).map_err(|error| message(&error))
    };
    let there = "the archive holds `a` (1, 2), `b` (1, 2), `y` (1,), `z` (1,), `cube` (1, 2, 2)";
    assert_eq!(named(Some("b"), Some("y")).unwrap(), ["0", "1", "y"]);
    assert_eq!(named(Some("b"), None).unwrap(), ["0", "1", "y", "z"]);
    let said = named(None, None).unwrap_err();
    assert_eq!(said, format!("there are several arrays of rows and columns, name one: {there}"));
    assert_eq!(named(Some("c"), None).unwrap_err(), format!("there is no array `c`: {there}"));
    assert_eq!(named(Some("a"), Some("c")).unwrap_err(), format!("there is no array `c`: {there}"));
    let said = named(Some("a"), Some("b")).unwrap_err();
    assert!(said.starts_with("the array `b` has the shape (1, 2), not one value for each of 1 rows: "), "{said}");
    let said = message(&columns_of(&input(npz(&[], false))).unwrap_err());
    assert_eq!(said, "there is no array of rows and columns: the archive holds none");
}

#[test]
fn an_archive_that_is_damaged_is_refused() {
    let values: Vec<f64> = (0..2000).map(f64::from).collect();
    let archive = npz(&[("x", &npy("<f8", false, "(1000, 2)", &f64s(&values)))], true);
    let column = [required("0", Kind::Number)];
    assert_eq!(rows(&input(&archive), &column).unwrap().0.len(), 1000);
    for length in [4, 40, archive.len() / 2, archive.len() - 1] {
        assert!(rows(&input(&archive[..length]), &column).is_err(), "{length} bytes");
    }
    let mut damaged = archive.clone();
    damaged[archive.len() / 2] ^= 0x55;
    assert!(rows(&TableInput::of(TableSource::Bytes(damaged.into())), &column).is_err());
}
