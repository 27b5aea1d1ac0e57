//! What a search costs does not change unnoticed: counters of fixed cases, kept in a file.
//!
//! `UPDATE_GOLDEN=1 cargo test -p index effort` writes the file anew; its diff is the change.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::common::{Points, Random};
use index::{Effort, Index, InstructionSet, Proof};
use space::{Label, Point};

struct Case {
    name: &'static str,
    points: Points,
    queries: Vec<Point>,
}

fn draw(count: usize, mut one: impl FnMut(usize) -> (Point, Label)) -> Points {
    let (vectors, labels) = (0..count).map(&mut one).unzip();
    Points { vectors, labels }
}

fn cases() -> Vec<Case> {
    let mut random = Random::new(1);
    let clusters = |count, spread, random: &mut Random| {
        draw(count, |i| {
            let centre = Random::new(i as u64 % 50).query(2_000, 8_000);
            (random.near(&centre, 14, spread), if i % 50 < 17 { Label::Fraud } else { Label::Legit })
        })
    };
    let clustered = clusters(20_000, 400, &mut random);
    let mixed = draw(20_000, |_| (random.query(0, 10_000), random.label()));
    let grid = draw(5_000, |_| {
        let mut values = [0i16; 14];
        values.iter_mut().take(5).for_each(|value| *value = random.between(0, 2) * 5_000);
        (Point::new(values).unwrap(), random.label())
    });
    let apart = draw(20_000, |_| match random.label() {
        Label::Fraud => (random.query(0, 2_000), Label::Fraud),
        Label::Legit => (random.query(8_000, 10_000), Label::Legit),
    });
    let beside = |points: &Points, random: &mut Random| -> Vec<Point> {
        (0..200).map(|i| random.near(&points.vectors[i * 7], 14, 100)).collect()
    };
    let outside = |points: &Points| -> Vec<Point> {
        let moved = |i: usize| {
            let mut values = *points.vectors[i * 11].values();
            values[5] = 10_000;
            Point::new(values).unwrap()
        };
        (0..200).map(moved).collect()
    };
    // Enough for a sample whose balls guide the cuts; wide enough for clusters to meet.
    let guided = clusters(100_000, 2_000, &mut Random::new(5));
    vec![
        Case { name: "clusters, beside", queries: beside(&clustered, &mut Random::new(2)), points: clustered.clone() },
        Case { name: "clusters, outside", queries: outside(&clustered), points: clustered },
        Case { name: "many, beside", queries: beside(&guided, &mut Random::new(6)), points: guided.clone() },
        Case { name: "many, outside", queries: outside(&guided), points: guided },
        Case { name: "mixed, beside", queries: beside(&mixed, &mut Random::new(3)), points: mixed.clone() },
        Case {
            name: "mixed, anywhere",
            queries: (0..200).map(|_| random.query(-10_000, 10_000)).collect(),
            points: mixed,
        },
        Case { name: "labels apart", queries: beside(&apart, &mut Random::new(4)), points: apart },
        Case { name: "grid of duplicates", queries: grid.vectors[..200].to_vec(), points: grid },
    ]
}

fn row(text: &mut String, case: &str, proof: Proof, all: &[Effort]) {
    let sum = |of: fn(&Effort) -> u32| all.iter().map(of).sum::<u32>();
    let max = |of: fn(&Effort) -> u32| all.iter().map(of).max().unwrap_or(0);
    writeln!(
        text,
        "{case:20} {:12} {:4} {:6}/{:4} {:6}/{:4} {:6}/{:4}",
        proof.name().replace('_', " "),
        all.len(),
        sum(|effort| effort.nodes),
        max(|effort| effort.nodes),
        sum(|effort| effort.leaves),
        max(|effort| effort.leaves),
        sum(|effort| effort.blocks),
        max(|effort| effort.blocks),
    )
    .unwrap();
}

#[test]
fn searches_cost_what_they_did_on_every_kernel() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/effort.txt");
    for kernel in InstructionSet::available() {
        let mut text =
            String::from("sum/max of nodes, leaves and blocks looked at, by case and how the answer was reached\n");
        let mut proofs = BTreeMap::new();
        for Case { name, points, queries } in cases() {
            let image = points.build();
            let index = Index::open_with(&image, kernel).unwrap();
            let mut by_proof = BTreeMap::<Proof, Vec<Effort>>::new();
            for query in &queries {
                let (frauds, effort) = index.measure(query);
                assert_eq!(index.classify(query), frauds);
                assert_eq!(index.classify_with_proof(query), (frauds, effort.proof));
                by_proof.entry(effort.proof).or_default().push(effort);
            }
            by_proof.iter().for_each(|(proof, all)| row(&mut text, name, *proof, all));
            proofs.append(&mut by_proof);
        }
        assert_eq!(proofs.len(), Proof::ALL.len(), "the cases no longer show every proof");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, golden, "kernel {}: run with UPDATE_GOLDEN=1 and look at the diff", kernel.name());
    }
}
