//! Brute-force labels against a naive loop, on data that is random, full of ties, and as far apart as can be.

use dataset::{References, label, nearest};
use proptest::prelude::*;
use space::{DIMENSIONS, Label, Point, SCALE, squared_distance};
use std::sync::Mutex;

fn query(values: [i16; DIMENSIONS]) -> Point {
    Point::new(values).unwrap()
}

/// All distances, sorted with their references.
fn naive(query: &Point, references: &References) -> Vec<(u64, usize)> {
    let distances = references.vectors.iter().map(|vector| squared_distance(query, vector));
    let mut all: Vec<_> = distances.zip(0..).collect();
    all.sort_unstable();
    all.truncate(5);
    all
}

fn naive_frauds(query: &Point, references: &References) -> u8 {
    naive(query, references).iter().map(|&(_, reference)| references.labels[reference] as u8).sum()
}

fn labels_of(count: usize) -> Vec<Label> {
    // 7 is coprime to every size of tile and block, so no place in them has always the same label
    (0..count).map(|reference| if reference * 3 % 7 < 3 { Label::Fraud } else { Label::Legit }).collect()
}

fn vectors(value: impl Strategy<Value = i16>, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Point>> {
    prop::collection::vec(prop::array::uniform14(value).prop_map(query), count)
}

fn assert_labels(queries: &[Point], vectors: Vec<Point>) {
    let labels = labels_of(vectors.len());
    let references = References { vectors, labels };
    let frauds = label(queries, &references, &|_, _, _| {});
    assert_eq!(frauds.len(), queries.len());
    for (query, frauds) in queries.iter().zip(frauds) {
        assert_eq!(frauds, naive_frauds(query, &references), "{query:?}");
        let expected = naive(query, &references);
        match nearest(query, &references) {
            None => assert!(expected.len() < 5),
            Some(found) => {
                let found = found.map(|neighbour| (neighbour.distance, neighbour.reference as usize));
                assert_eq!(found[..], expected);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_data_is_labelled_like_the_naive_loop(
        queries in vectors(-SCALE..=SCALE, 0..100),
        vectors in vectors(-SCALE..=SCALE, 0..1500),
    ) {
        assert_labels(&queries, vectors);
    }

    #[test]
    fn ties_go_to_the_lower_reference(queries in vectors(0i16..2, 1..20), vectors in vectors(0i16..2, 5..1500)) {
        assert_labels(&queries, vectors);
    }

    #[test]
    fn duplicates_are_counted_in_file_order(
        queries in vectors(-3i16..3, 1..20),
        few in vectors(-3i16..3, 1..4),
        count in 5..1500usize,
    ) {
        let vectors = few.iter().copied().cycle().take(count).collect();
        assert_labels(&queries, vectors);
    }

    #[test]
    fn corners_of_the_space_do_not_overflow(
        queries in vectors(prop_oneof![Just(-SCALE), Just(SCALE)], 1..20),
        vectors in vectors(prop_oneof![Just(-SCALE), Just(SCALE)], 5..600),
    ) {
        assert_labels(&queries, vectors);
    }
}

#[test]
fn opposite_corners_are_ordered_beyond_32_bits() {
    // distances of 5.6e9 and a little less; modulo 2^32 the far ones would seem near
    let mut vectors = vec![query([SCALE; DIMENSIONS]); 600];
    for (reference, step) in [(17, 1), (300, 2), (301, 3), (511, 4), (599, 5)] {
        let mut values = [SCALE; DIMENSIONS];
        values[step] -= step as i16;
        vectors[reference] = query(values);
    }
    let corner = query([-SCALE; DIMENSIONS]);
    let references = References { labels: labels_of(vectors.len()), vectors: vectors.clone() };
    let found = nearest(&corner, &references).unwrap();
    assert_eq!(found.map(|neighbour| neighbour.reference), [599, 511, 301, 300, 17]);
    assert!(found[0].distance > u64::from(u32::MAX));
    assert_labels(&[corner], vectors);
}

#[test]
fn references_beyond_one_batch_are_numbered_on() {
    // the five nearest stand in the last of several batches, each alone in its neighbourhood
    let count = 140_003;
    let mut vectors = vec![query([0; DIMENSIONS]); count];
    vectors[count - 5..].fill(query([SCALE; DIMENSIONS]));
    let mut labels = vec![Label::Legit; count];
    labels[count - 1] = Label::Fraud;
    labels[count - 3] = Label::Fraud;
    let references = References { vectors, labels };
    let frauds = label(&[query([SCALE; DIMENSIONS]), query([0; DIMENSIONS])], &references, &|_, _, _| {});
    assert_eq!(frauds, [2, 0]);
}

#[test]
fn few_references_all_vote() {
    let references = References { vectors: vec![query([0; DIMENSIONS]); 3], labels: vec![Label::Fraud; 3] };
    assert_eq!(label(&[query([SCALE; DIMENSIONS])], &references, &|_, _, _| {}), [3]);
    assert_eq!(label(&[query([0; DIMENSIONS])], &References::default(), &|_, _, _| {}), [0]);
    assert!(label(&[], &references, &|_, _, _| {}).is_empty());
}

#[test]
fn progress_counts_references_to_their_end() {
    let references = References { vectors: vec![query([0; DIMENSIONS]); 70_000], labels: vec![Label::Legit; 70_000] };
    let calls = Mutex::new(Vec::new());
    label(&[query([0; DIMENSIONS])], &references, &|_, done, total| calls.lock().unwrap().push((done, total)));
    assert_eq!(calls.into_inner().unwrap(), [(0, 70_000), (65_536, 70_000), (70_000, 70_000)]);
}
