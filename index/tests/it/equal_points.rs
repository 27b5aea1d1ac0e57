//! Equal references are counted, and what a search among them must look at is not understated.

use std::collections::HashMap;

use crate::common::{Points, Random};
use index::{EqualPoints, Index};
use space::{Label, Point};

/// `copies` of one vector among others that are all different, in random order.
fn points(copies: usize, others: usize, random: &mut Random, mut label: impl FnMut(&mut Random) -> Label) -> Points {
    let copied = random.query(2_000, 3_000);
    let mut drawn: Vec<_> = (0..copies).map(|_| (copied, label(random))).collect();
    drawn.extend((0..others).map(|_| (random.query(0, 10_000), random.label())));
    drawn.sort_by_cached_key(|_| random.next());
    let (vectors, labels) = drawn.into_iter().unzip();
    Points { vectors, labels }
}

#[test]
fn groups_and_their_references_are_those_of_a_plain_count() {
    let mut random = Random::new(1);
    // Few values: groups of many sizes, in the sample and in the rest.
    let (vectors, labels) = (0..20_000).map(|_| (random.query(0, 1), random.label())).unzip();
    let points = Points { vectors, labels };
    let image = points.build();
    let found = Index::open(&image).unwrap().equal_points();
    let mut counts = HashMap::<_, (u32, u32)>::new();
    for (vector, label) in points.vectors.iter().zip(&points.labels) {
        let count = counts.entry(*vector.values()).or_default();
        count.0 += 1;
        count.1 += u32::from(*label == Label::Fraud);
    }
    let groups: Vec<_> = counts.values().filter(|(references, _)| *references > 1).collect();
    assert_eq!(found.groups as usize, groups.len());
    assert_eq!(found.references, groups.iter().map(|(references, _)| references).sum::<u32>());
    let largest = found.largest.unwrap();
    assert_eq!((largest.references, largest.fraud), counts[&largest.vector]);
}

#[test]
fn different_vectors_are_no_group() {
    let image = points(1, 5_000, &mut Random::new(2), Random::label).build();
    let found = Index::open(&image).unwrap().equal_points();
    assert_eq!(found, EqualPoints { groups: 0, references: 0, largest: None });
}

#[test]
fn a_search_that_ends_among_equal_points_looks_at_all_their_blocks() {
    let mut random = Random::new(3);
    let points = points(8_000, 8_000, &mut random, Random::label);
    let image = points.build();
    let index = Index::open(&image).unwrap();
    let found = index.equal_points();
    let largest = found.largest.unwrap();
    assert_eq!((found.groups, found.references, largest.references), (1, 8_000, 8_000));
    assert!(largest.blocks >= 8_000 / 16, "{largest:?}");
    let query = Point::new(largest.vector).unwrap();
    let (_, effort) = index.measure(&query);
    assert!(effort.blocks >= largest.blocks, "{effort:?} of {largest:?}");
}

#[test]
fn what_lies_in_the_most_blocks_is_the_largest() {
    let mut random = Random::new(4);
    let (few, many) = (random.query(0, 100), random.query(9_000, 10_000));
    let vectors: Vec<Point> = [vec![few; 100], vec![many; 1_000]].concat();
    let labels = vec![Label::Fraud; vectors.len()];
    let image = Points { vectors, labels }.build();
    let largest = Index::open(&image).unwrap().equal_points().largest.unwrap();
    assert_eq!((largest.vector, largest.references, largest.fraud), (*many.values(), 1_000, 1_000));
    assert!((63..=100).contains(&largest.blocks), "{largest:?}");
}

#[test]
fn no_answer_changes_without_all_but_the_first_five_of_equal_points() {
    let mut random = Random::new(5);
    // Some vectors hundreds of times, with both labels.
    let vectors: Vec<Point> = (0..30).map(|_| random.query(0, 3_000)).collect();
    let mut one = |_| (vectors[(random.next() % 30) as usize], random.label());
    let (vectors, labels) = (0..6_000).map(&mut one).unzip();
    let all = Points { vectors, labels };
    let mut counts = HashMap::new();
    let mut is_kept = |vector: &Point| {
        let count = counts.entry(*vector.values()).or_insert(0);
        *count += 1;
        *count <= 5
    };
    let kept = all.vectors.iter().zip(&all.labels).filter(|(vector, _)| is_kept(vector));
    let (vectors, labels) = kept.map(|(vector, label)| (*vector, *label)).unzip();
    let few = Points { vectors, labels };
    assert_eq!(few.vectors.len(), 150);
    let (all_image, few_image) = (all.build(), few.build());
    let (all_index, few_index) = (Index::open(&all_image).unwrap(), Index::open(&few_image).unwrap());
    let mut random = Random::new(6);
    for number in 0..2_000 {
        let query = if number % 2 == 0 { random.query(0, 3_000) } else { few.vectors[number % 150] };
        assert_eq!(all_index.classify(&query), few_index.classify(&query), "{query:?}");
    }
}
