//! Searches among rows against brute force: every method, every kernel, rows of every kind.

use index::InstructionSet;
use index::knn::{Method, NearestRows, QueryError, RowBuildError, RowImage, RowIndex, RowOptions};
use space::Rows;

use crate::common::kernels;
use crate::common::row_sets::{KINDS, Kind, brute_force, image, image_on_grid, queries, rows};

/// Neighbours asked for.
const COUNTS: [usize; 4] = [1, 2, 10, 64];

fn compare(kind: Kind, dimensions: usize, count: usize, weights: Option<&[f64]>) {
    let values = rows(kind, dimensions, count, 7);
    let given = Rows::new(dimensions, &values).unwrap();
    let ones = vec![1.0; dimensions];
    let queries = queries(kind, given, 40);
    let nearest = |rows: Rows<'_>| -> Vec<_> {
        queries.chunks(dimensions).map(|query| brute_force(rows, query, weights.unwrap_or(&ones))).collect()
    };
    let of_given = nearest(given);
    for method in Method::ALL {
        if method == Method::FloatTree && weights.is_some() {
            continue;
        }
        let options = RowOptions { weights, method: Some(method), ..RowOptions::default() };
        compare_image(&image(given, options), &queries, &of_given, &format!("{kind:?}, {}", method.name()));
        if method != Method::FloatTree {
            let (bytes, rounded) = image_on_grid(dimensions, &values, options);
            let of_rounded = nearest(Rows::new(dimensions, &rounded).unwrap());
            compare_image(&bytes, &queries, &of_rounded, &format!("{kind:?}, {} on its grid", method.name()));
        }
    }
}

/// On every kernel.
fn compare_image(bytes: &[u8], queries: &[f32], truth: &[Vec<(f64, u32)>], named: &str) {
    for kernel in kernels() {
        let index = RowIndex::open(bytes, kernel, &|_, _, _| {}).unwrap();
        let mut nearest = NearestRows::default();
        for (query, truth) in queries.chunks(index.dimensions().len()).zip(truth) {
            for k in COUNTS {
                let found = index.search(query, k, &mut nearest).unwrap();
                let found: Vec<_> = found.iter().map(|found| (found.distance, found.row)).collect();
                let expected = &truth[..k.min(truth.len())];
                assert_eq!(found, expected, "{named}, {}, k {k}: {query:?}", kernel.name());
            }
        }
    }
}

#[test]
fn rows_of_every_kind_are_found_as_brute_force_finds_them() {
    for kind in KINDS {
        for dimensions in [1, 2, 3, 9, 14, 31, 32] {
            compare(kind, dimensions, 1500, None);
        }
    }
}

#[test]
fn sets_of_every_small_size_are_found_whole() {
    for count in (1..70).chain([255, 256, 257, 271, 272, 273, 511, 513]) {
        compare(Kind::Uniform, 3, count, None);
        compare(Kind::Lattice, 2, count, None);
    }
}

#[test]
fn weights_count() {
    let weights: Vec<f64> = (0..9).map(|dimension| [1.0, 0.01, 250.0, 3.7][dimension % 4]).collect();
    for kind in [Kind::Uniform, Kind::Clustered, Kind::HeavyTailed, Kind::Lattice] {
        compare(kind, 9, 1500, Some(&weights));
    }
}

#[test]
fn a_query_that_is_no_row_is_refused() {
    let values = rows(Kind::Uniform, 3, 20, 1);
    let bytes = image(Rows::new(3, &values).unwrap(), RowOptions::default());
    let index = RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap();
    let mut nearest = NearestRows::default();
    let mut refusal = |query: &[f32], k| index.search(query, k, &mut nearest).unwrap_err();
    assert_eq!(refusal(&[0.0; 2], 1), QueryError::Dimensions { found: 2, required: 3 });
    assert!(matches!(refusal(&[0.0, f32::NAN, 0.0], 1), QueryError::NotFinite { dimension: 1, .. }));
    assert!(matches!(refusal(&[0.0, 0.0, f32::INFINITY], 1), QueryError::NotFinite { dimension: 2, .. }));
    assert_eq!(refusal(&[0.0; 3], 0), QueryError::Neighbours(0));
    assert_eq!(refusal(&[0.0; 3], 1001), QueryError::Neighbours(1001));
}

#[test]
fn the_same_rows_are_the_same_bytes_whatever_the_threads() {
    let values = rows(Kind::Clustered, 5, 30_000, 3);
    let rows = Rows::new(5, &values).unwrap();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| image(rows, RowOptions::default()))
    };
    assert!(with(1) == with(2), "other bytes with two threads");
}

#[test]
fn copies_are_stored_once_and_found_each() {
    let one: Vec<f32> = (0..4).map(|value| value as f32).collect();
    let values: Vec<f32> = one.iter().copied().cycle().take(4 * 1000).collect();
    let labels: Vec<u8> = (0..1000).map(|row| (row % 3) as u8).collect();
    for method in Method::ALL {
        let options = RowOptions { labels: Some(&labels), label_count: 3, method: Some(method), weights: None };
        let bytes = image(Rows::new(4, &values).unwrap(), options);
        let index = RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap();
        assert_eq!((index.shape().rows, index.shape().points), (1000, 1));
        let mut nearest = NearestRows::default();
        let found = index.search(&[0.0; 4], 5, &mut nearest).unwrap();
        assert_eq!(found.iter().map(|found| found.row).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(found[0].distance, 14.0);
        assert_eq!(index.label(4), Some(1));
        assert_eq!(index.values(0).as_slice(), one);
    }
}

#[test]
fn searches_of_near_rows_look_at_few_points() {
    // Not a time, which differs from machine to machine: what is looked at does not.
    let values = rows(Kind::Uniform, 4, 100_000, 5);
    let rows = Rows::new(4, &values).unwrap();
    for method in [Method::GridTree, Method::FloatTree] {
        let bytes = image(rows, RowOptions { method: Some(method), ..RowOptions::default() });
        let index = RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap();
        let mut nearest = NearestRows::default();
        let mut blocks = 0;
        for query in rows.iter().step_by(1000) {
            index.search(query, 10, &mut nearest).unwrap();
            blocks += nearest.work().blocks;
        }
        assert!(blocks / 100 < 100, "{} blocks of 6,250 a search by {}", blocks / 100, method.name());
    }
}

#[test]
fn an_image_on_its_grid_keeps_nothing_of_the_values_but_their_places() {
    let cases = [6, 9]
        .into_iter()
        .flat_map(|dimensions| [Method::GridTree, Method::CellScan].map(|method| (dimensions, method)));
    for (dimensions, method) in cases {
        let values = rows(Kind::Uniform, dimensions, 20_000, 5);
        let options = RowOptions { method: Some(method), ..RowOptions::default() };
        let (bytes, rounded) = image_on_grid(dimensions, &values, options);
        let index = RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap();
        assert!(index.grid_is_truth() && index.info().grid_is_truth);
        let share = bytes.len() as f64 / size_of_val(&values[..]) as f64;
        assert!(share <= 0.9, "{} x {dimensions}: {share:.2} of the values given", method.name());
        let rows = Rows::new(dimensions, &rounded).unwrap();
        for slot in 0..index.shape().points as usize {
            for row in index.rows_of(slot) {
                assert_eq!(index.values(slot).as_slice(), rows.row(row as usize));
            }
        }
        let moved = |(given, rounded): (&[f32], &[f32])| {
            given.iter().zip(rounded).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
        };
        let farthest = values.chunks(dimensions).zip(rounded.chunks(dimensions)).map(moved).fold(0.0, f64::max);
        let stated = index.info().rounding;
        assert!(farthest <= stated * 1.001 && farthest > 0.3 * stated, "{farthest} of {stated}");
    }
}

#[test]
fn a_grid_that_is_finer_than_floats_or_has_none_is_no_truth() {
    let values: Vec<f32> = (0..4000).map(|place| 1e9 + place as f32).collect();
    // 1e9 has steps of 64, the grid finer ones: places between floats have the value of the nearest
    let (bytes, rounded) = image_on_grid(1, &values, RowOptions::default());
    assert_eq!(values, rounded);
    RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap();
    let options = RowOptions { method: Some(Method::FloatTree), ..RowOptions::default() };
    let error = RowImage::plan_on_grid(1, &mut values.clone(), options, &|_, _, _| {}).err();
    assert_eq!(error, Some(RowBuildError::FloatsOnGrid));
}
