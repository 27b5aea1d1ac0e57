//! The long form of `rows_exact`, where every query is compared with all of many rows.
//!
//!     FRAUDRING_TEST_ROWS=1000000 cargo test -p index --release -- --ignored --nocapture large_sets
//!
//! `.ci/aarch64 --ignored large_sets` does the same for NEON, emulated, with the 50,000 rows that are taken if no number is given.

use index::InstructionSet;
use index::knn::{Method, NearestRows, RowIndex, RowOptions};
use rayon::prelude::*;
use space::{Rows, row_distance};

use crate::common::row_sets::{Kind, image, image_on_grid, queries, rows};

const ROWS: usize = 50_000;
/// Queries of each kind: a quarter rows, a quarter beside rows, a quarter drawn alike, a quarter far away.
const QUERIES: usize = 1_000;
const NEIGHBOURS: usize = 10;

/// The nearest by looking at all rows.
fn nearest(rows: Rows<'_>, query: &[f32]) -> Vec<(f64, u32)> {
    let weights = vec![1.0; rows.dimensions()];
    let mut best: Vec<(f64, u32)> = Vec::with_capacity(NEIGHBOURS + 1);
    for (row, values) in rows.iter().enumerate() {
        let distance = row_distance(query, values, &weights);
        if best.len() < NEIGHBOURS || distance < best[NEIGHBOURS - 1].0 {
            // Later rows have higher numbers: they come behind what is equally far.
            let place = best.partition_point(|(before, _)| *before <= distance);
            best.insert(place, (distance, row as u32));
            best.truncate(NEIGHBOURS);
        }
    }
    best
}

fn compare(bytes: &[u8], queries: &[f32], truth: &[Vec<(f64, u32)>], named: &str) {
    for kernel in InstructionSet::available() {
        let index = RowIndex::open(bytes, kernel, &|_, _, _| {}).unwrap();
        let queries = queries.par_chunks(index.dimensions().len()).zip(truth);
        queries.for_each_init(NearestRows::default, |found, (query, truth)| {
            let found = index.search(query, NEIGHBOURS, found).unwrap();
            let found: Vec<_> = found.iter().map(|found| (found.distance, found.row)).collect();
            assert_eq!(&found, truth, "{named}, {}: {query:?}", kernel.name());
        });
        println!("{named}, {}: {} queries", kernel.name(), truth.len());
    }
}

#[test]
#[ignore = "a long form of minutes, run by `cargo test --release -p index -- --ignored large_sets`"]
fn large_sets_are_found_as_brute_force_finds_them() {
    let count = std::env::var("FRAUDRING_TEST_ROWS").map_or(ROWS, |count| count.parse().unwrap());
    for (kind, dimensions) in
        [(Kind::Uniform, 9), (Kind::Clustered, 9), (Kind::HeavyTailed, 9), (Kind::Clustered, 32), (Kind::Uniform, 32)]
    {
        let values = rows(kind, dimensions, count, 7);
        let given = Rows::new(dimensions, &values).unwrap();
        let queries = queries(kind, given, QUERIES);
        let truth_of =
            |rows: Rows<'_>| -> Vec<_> { queries.par_chunks(dimensions).map(|query| nearest(rows, query)).collect() };
        let of_given = truth_of(given);
        for method in Method::ALL {
            let options = RowOptions { method: Some(method), ..RowOptions::default() };
            let named = format!("{count} rows, {kind:?} x {dimensions}, {}", method.name());
            compare(&image(given, options), &queries, &of_given, &named);
        }
        let (bytes, rounded) = image_on_grid(dimensions, &values, RowOptions::default());
        let of_rounded = truth_of(Rows::new(dimensions, &rounded).unwrap());
        compare(&bytes, &queries, &of_rounded, &format!("{count} rows, {kind:?} x {dimensions} on the grid"));
    }
}
