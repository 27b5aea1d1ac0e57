//! How answers are proved: the same on every kernel, and never by a step that cannot have proved it.

use crate::common::{Points, Random};
use index::{Index, InstructionSet, Proof};
use space::{Label, Point, squared_distance};

/// Points whose queries need every proof: labels that lie apart, labels that meet, and many equally far.
fn cases() -> [Points; 3] {
    let mut random = Random::new(21);
    let mut draw = |one: &dyn Fn(&mut Random) -> (Point, Label)| {
        let (vectors, labels) = (0..5_000).map(|_| one(&mut random)).unzip();
        Points { vectors, labels }
    };
    [
        draw(&|random| match random.label() {
            Label::Fraud => (random.query(0, 3_000), Label::Fraud),
            Label::Legit => (random.query(2_500, 10_000), Label::Legit),
        }),
        draw(&|random| {
            let centre = Random::new(random.next() % 20).query(2_000, 8_000);
            let label = if centre.values()[0] > 5_000 { Label::Fraud } else { Label::Legit };
            (random.near(&centre, 14, 400), label)
        }),
        draw(&|random| {
            let values = std::array::from_fn(|place| if place < 5 { random.between(0, 2) * 5_000 } else { 0 });
            (Point::new(values).unwrap(), random.label())
        }),
    ]
}

/// Panics if this step cannot prove this answer.
fn assert_possible(points: &Points, query: &Point, (frauds, proof): (u8, Proof)) {
    let mut distances: Vec<_> = points.vectors.iter().map(|vector| squared_distance(vector, query)).collect();
    distances.sort_unstable();
    let possible = match proof {
        Proof::LabelBox | Proof::NoOpponent => frauds == 0 || frauds == 5,
        Proof::Search => true,
        Proof::Tie => distances[4] == distances[5],
    };
    assert!(possible, "{frauds} frauds of {:?} proved by {}", query.values(), proof.name());
}

#[test]
fn every_kernel_gives_the_same_proofs_and_every_proof_occurs() {
    let mut occurred = [false; Proof::ALL.len()];
    for points in cases() {
        let image = points.build();
        let indexes: Vec<_> =
            InstructionSet::available().into_iter().map(|kernel| Index::open_with(&image, kernel).unwrap()).collect();
        let mut random = Random::new(22);
        for number in 0..300 {
            let query = match number % 3 {
                0 => points.vectors[random.next() as usize % points.vectors.len()],
                1 => random.near(&points.vectors[number], 14, 500),
                // Some are too far for sums of 32 bits: the same search with wider ones answers.
                _ => random.query(-10_000, 10_000),
            };
            let answers: Vec<_> = indexes.iter().map(|index| index.classify_with_proof(&query)).collect();
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{:?}: {answers:?}", query.values());
            assert_possible(&points, &query, answers[0]);
            occurred[answers[0].1 as usize] = true;
        }
    }
    assert_eq!(occurred, [true; Proof::ALL.len()], "in the order of {:?}", Proof::ALL);
}
