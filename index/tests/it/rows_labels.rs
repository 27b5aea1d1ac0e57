//! Labels of the nearest rows, counted: proved or found, they are those of the rows that brute force finds.

use index::InstructionSet;
use index::format::{Container, Section, write_image};
use index::knn::layout::{ENGINE, section};
use index::knn::{Counted, Method, NearestRows, RowIndex, RowOptions};
use space::Rows;

use crate::common::kernels;
use crate::common::row_sets::{KINDS, Kind, brute_force, image, image_on_grid, queries, rows};

const COUNTS: [usize; 4] = [1, 3, 5, 15];

/// How labels lie among rows.
#[derive(Clone, Copy, Debug)]
enum Labelling {
    /// One side of the first dimension's middle is the other label, and a few rows anywhere.
    Halves,
    /// Rows in turn.
    Mixed,
    /// All rows but one.
    One,
}

fn label(values: &[f32], row: usize, middle: f32, labelling: Labelling) -> u8 {
    match labelling {
        Labelling::Halves => u8::from((values[0] > middle) ^ row.is_multiple_of(97)),
        Labelling::Mixed => u8::from(row.is_multiple_of(2)),
        Labelling::One => u8::from(row == 17),
    }
}

/// Compares every count, and returns how many were proved.
fn compare(bytes: &[u8], labels: &[u8], queries: &[f32], truth: &[Vec<(f64, u32)>], named: &str) -> usize {
    let mut proved = 0;
    for kernel in kernels() {
        let index = RowIndex::open(bytes, kernel, &|_, _, _| {}).unwrap();
        let (mut nearest, mut counts) = (NearestRows::default(), [9; 3]);
        for (query, truth) in queries.chunks(index.dimensions().len()).zip(truth) {
            for k in COUNTS {
                let counted = index.count_labels(query, k, &mut nearest, &mut counts).unwrap();
                let mut expected = [0; 3];
                truth[..k.min(truth.len())]
                    .iter()
                    .for_each(|(_, row)| expected[usize::from(labels[*row as usize])] += 1);
                assert_eq!(counts, expected, "{named}, {}, k {k}, {counted:?}: {query:?}", kernel.name());
                proved += usize::from(counted == Counted::Proved);
            }
        }
    }
    proved
}

/// The image as it was built before trees of two labels had label masks.
fn without_masks(bytes: &[u8]) -> Vec<u8> {
    let container = Container::read(bytes).unwrap();
    let kept = container.sections().iter().filter(|(kind, _)| *kind != section::LABEL_MASKS);
    let sections: Vec<_> = kept.map(|(kind, range)| Section::of(*kind, &bytes[range.clone()])).collect();
    let mut old = Vec::new();
    write_image(ENGINE, &sections, &mut old).unwrap();
    assert!(old.len() < bytes.len());
    old
}

#[test]
fn images_from_before_label_masks_are_still_read() {
    let values = rows(Kind::Clustered, 3, 1500, 7);
    let given = Rows::new(3, &values).unwrap();
    let labels: Vec<u8> = (0..1500).map(|row| label(given.row(row), row, 0.0, Labelling::Halves)).collect();
    let options = RowOptions { labels: Some(&labels), label_count: 2, method: Some(Method::GridTree), weights: None };
    let old = without_masks(&image(given, options));
    let queries = queries(Kind::Clustered, given, 40);
    let truth: Vec<_> = queries.chunks(3).map(|query| brute_force(given, query, &[1.0; 3])).collect();
    assert_eq!(compare(&old, &labels, &queries, &truth, "without masks"), 0, "nothing is proved");
}

#[test]
fn labels_of_the_nearest_are_counted_as_brute_force_counts_them() {
    let mut proved = 0;
    for kind in KINDS {
        for dimensions in [1, 3, 9] {
            let values = rows(kind, dimensions, 1500, 7);
            let given = Rows::new(dimensions, &values).unwrap();
            let mut firsts: Vec<f32> = given.iter().map(|row| row[0]).collect();
            firsts.sort_unstable_by(f32::total_cmp);
            let queries = queries(kind, given, 40);
            let nearest = |rows: Rows<'_>| -> Vec<_> {
                queries.chunks(dimensions).map(|query| brute_force(rows, query, &vec![1.0; dimensions])).collect()
            };
            let truth = nearest(given);
            for labelling in [Labelling::Halves, Labelling::Mixed, Labelling::One] {
                let of_row = |(row, values)| label(values, row, firsts[750], labelling);
                let labels: Vec<u8> = given.iter().enumerate().map(of_row).collect();
                for method in Method::ALL {
                    let options =
                        RowOptions { labels: Some(&labels), label_count: 2, method: Some(method), weights: None };
                    let named = format!("{kind:?} x {dimensions}, {labelling:?}, {}", method.name());
                    let by_method = compare(&image(given, options), &labels, &queries, &truth, &named);
                    assert!(by_method == 0 || method != Method::CellScan, "{named}: a scan has no proofs");
                    proved += by_method;
                }
                let options =
                    RowOptions { labels: Some(&labels), label_count: 2, method: Some(Method::GridTree), weights: None };
                let (bytes, rounded) = image_on_grid(dimensions, &values, options);
                let truth = nearest(Rows::new(dimensions, &rounded).unwrap());
                compare(&bytes, &labels, &queries, &truth, &format!("{kind:?} x {dimensions}, {labelling:?}, on grid"));
            }
        }
    }
    assert!(proved > 0, "no proof was ever found");
}

#[test]
fn three_labels_and_none_are_counted_by_finding_the_nearest() {
    let values = rows(Kind::Clustered, 4, 600, 7);
    let given = Rows::new(4, &values).unwrap();
    let labels: Vec<u8> = (0..600).map(|row| (row % 3) as u8).collect();
    let options = RowOptions { labels: Some(&labels), label_count: 3, method: Some(Method::GridTree), weights: None };
    let queries = queries(Kind::Clustered, given, 40);
    let truth: Vec<_> = queries.chunks(4).map(|query| brute_force(given, query, &[1.0; 4])).collect();
    assert_eq!(compare(&image(given, options), &labels, &queries, &truth, "three labels"), 0);
    let bytes = image(given, RowOptions::default());
    let index = RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap();
    let mut counts = [9; 1];
    assert_eq!(index.count_labels(&[0.0; 4], 3, &mut NearestRows::default(), &mut counts), Ok(Counted::Found));
    assert_eq!(counts, [0]);
}

#[test]
fn proofs_look_at_fewer_points_than_searches() {
    // Not a time, which differs from machine to machine: what is looked at does not.
    let values = rows(Kind::Clustered, 9, 60_000, 5);
    let given = Rows::new(9, &values).unwrap();
    let of_cluster = |row: &[f32]| u8::from(row.iter().map(|value| value.round() as i32).sum::<i32>() % 2 == 0);
    let labels: Vec<u8> = given.iter().map(of_cluster).collect();
    let options = RowOptions { labels: Some(&labels), label_count: 2, method: Some(Method::GridTree), weights: None };
    let bytes = image(given, options);
    let index = RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap();
    let mut nearest = NearestRows::default();
    let (mut searched, mut proved) = (0, 0);
    for row in given.iter().step_by(600) {
        index.search(row, 5, &mut nearest).unwrap();
        searched += nearest.work().nodes + nearest.work().blocks;
        assert_eq!(index.count_labels(row, 5, &mut nearest, &mut [0; 2]), Ok(Counted::Proved));
        proved += nearest.work().nodes + nearest.work().blocks;
    }
    println!("nodes and blocks of 100 queries: {searched} searched, {proved} proved");
    assert!(2 * proved < searched, "{proved} against {searched}");
}
