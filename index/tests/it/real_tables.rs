//! Real tables: what leave-one-out answers is what brute force in Python answered (`benchmarks/exact/oracle.py`).

use std::collections::BTreeMap;

use dataset::{Column, TableInput, read_matrix, read_rows};
use index::InstructionSet;
use index::knn::{NearestRows, RowIndex, RowOptions};
use schema::{Kind, Value};
use serde::Deserialize;
use space::Rows;

use crate::common::row_sets::image;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/dataset/tests/data/real");

#[derive(Deserialize)]
struct Expected {
    rows: usize,
    dimensions: usize,
    labels: Vec<String>,
    /// By k: how often a row of a label (outer) was given a label (inner).
    confusion: BTreeMap<usize, Vec<Vec<u32>>>,
}

fn labels_of(input: &TableInput, names: &[String]) -> Vec<usize> {
    let column = Column { name: "label".to_owned(), kind: Kind::Text, required: true };
    let mut labels = Vec::new();
    read_rows(input, &[column], &|_, _, _| {}, &mut |_, values| {
        let Value::Text(label) = values[0] else { panic!("not a text: {:?}", values[0]) };
        labels.push(names.iter().position(|name| name == label).unwrap());
        Ok(())
    })
    .unwrap();
    labels
}

/// The label with the most of the `k` nearest other rows, of equal ones the first.
fn answer(index: &RowIndex<'_>, rows: Rows<'_>, row: usize, k: usize, labels: &[usize], votes: &mut [u32]) -> usize {
    let mut nearest = NearestRows::with_room_for(k + 1);
    let found = index.search(rows.row(row), k + 1, &mut nearest).unwrap();
    votes.fill(0);
    for other in found.iter().map(|found| found.row as usize).filter(|other| *other != row).take(k) {
        votes[labels[other]] += 1;
    }
    let most = votes.iter().max().unwrap();
    votes.iter().position(|count| count == most).unwrap()
}

#[test]
fn leave_one_out_of_real_tables_is_that_of_brute_force() {
    let expected = std::fs::read_to_string(format!("{FOLDER}/leave-one-out.json")).unwrap();
    let expected: BTreeMap<String, Expected> = serde_json::from_str(&expected).unwrap();
    assert!(expected.len() >= 3, "only {} tables", expected.len());
    for (name, expected) in expected {
        let input = TableInput::new(format!("{FOLDER}/{name}.csv"));
        let matrix = read_matrix(&input, None, u64::MAX, &|_, _, _| {}).unwrap();
        let labels = labels_of(&input, &expected.labels);
        assert_eq!((labels.len(), matrix.columns.len()), (expected.rows, expected.dimensions), "{name}");
        let rows = Rows::new(expected.dimensions, &matrix.values).unwrap();
        let bytes = image(rows, RowOptions::default());
        for kernel in InstructionSet::available() {
            let index = RowIndex::open(&bytes, kernel, &|_, _, _| {}).unwrap();
            for (k, confusion) in &expected.confusion {
                let count = expected.labels.len();
                let (mut counted, mut votes) = (vec![vec![0; count]; count], vec![0; count]);
                for (row, label) in labels.iter().enumerate() {
                    counted[*label][answer(&index, rows, row, *k, &labels, &mut votes)] += 1;
                }
                assert_eq!(&counted, confusion, "{name}, k {k}, {}", kernel.name());
            }
        }
    }
}
