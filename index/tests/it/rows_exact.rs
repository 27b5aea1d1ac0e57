//! Searches among rows against brute force: every method, every kernel, rows of every kind.

use index::InstructionSet;
use index::knn::{Method, NearestRows, QueryError, RowIndex, RowOptions};
use space::Rows;

use crate::common::row_sets::{KINDS, Kind, brute_force, image, queries, rows};

/// Neighbours asked for.
const COUNTS: [usize; 4] = [1, 2, 10, 64];

fn compare(kind: Kind, dimensions: usize, count: usize, weights: Option<&[f64]>) {
    let values = rows(kind, dimensions, count, 7);
    let rows = Rows::new(dimensions, &values).unwrap();
    let ones = vec![1.0; dimensions];
    let queries = queries(kind, rows, 40);
    let truth: Vec<_> =
        queries.chunks(dimensions).map(|query| brute_force(rows, query, weights.unwrap_or(&ones))).collect();
    for method in Method::ALL {
        if method == Method::FloatTree && weights.is_some() {
            continue;
        }
        let bytes = image(rows, RowOptions { weights, method: Some(method), ..RowOptions::default() });
        for kernel in InstructionSet::available() {
            let index = RowIndex::open(&bytes, kernel, &|_, _, _| {}).unwrap();
            let mut nearest = NearestRows::default();
            for (query, truth) in queries.chunks(dimensions).zip(&truth) {
                for k in COUNTS {
                    let found = index.search(query, k, &mut nearest).unwrap();
                    let found: Vec<_> = found.iter().map(|found| (found.distance, found.row)).collect();
                    let expected = &truth[..k.min(truth.len())];
                    let named = format!("{kind:?} x {dimensions}, {} on {}, k {k}", method.name(), kernel.name());
                    assert_eq!(found, expected, "{named}: {query:?}");
                }
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
