//! What the builder promises besides right answers.

use crate::common::{Points, Random};
use index::{BuildError, Index, InstructionSet, RuleSections};
use schema::Rules;
use space::{Label, Point};

fn points(count: usize, seed: u64) -> Points {
    let mut random = Random::new(seed);
    let (vectors, labels) = (0..count).map(|_| (random.query(0, 10_000), random.label())).unzip();
    Points { vectors, labels }
}

#[test]
fn same_bytes_whatever_the_thread_count() {
    // Enough for a sample that guides the cuts.
    let points = points(100_000, 1);
    let build_on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| points.build())
    };
    let one = build_on(1);
    for threads in [2, 3, 8] {
        assert!(build_on(threads) == one, "{threads} threads wrote other bytes than one");
    }
}

#[test]
fn fewer_than_five_references_are_refused() {
    for count in 0..5 {
        let points = points(count, 2);
        let result = points.try_build(&|_, _, _| ());
        assert_eq!(result, Err(BuildError::TooFewReferences(count)));
    }
}

#[test]
fn a_label_too_few_is_refused() {
    let mut points = points(10, 3);
    points.labels.pop();
    let result = points.try_build(&|_, _, _| ());
    assert_eq!(result, Err(BuildError::LengthsDiffer { vectors: 10, labels: 9 }));
}

#[test]
fn rules_of_a_length_that_no_reader_accepts_are_refused() {
    let points = points(10, 6);
    for (section, normalization_bytes, mcc_risk_bytes) in
        [("normalization", 0, 0), ("normalization", 112, 16), ("mcc_risk", 56, 15)]
    {
        let (normalization, mcc_risk) = (vec![1; normalization_bytes], vec![1; mcc_risk_bytes]);
        let rules = RuleSections { normalization: &normalization, mcc_risk: &mcc_risk };
        let error = index::build(&points.vectors, &points.labels, rules, &|_, _, _| ()).unwrap_err();
        assert!(matches!(error, BuildError::RuleSection { section: named, .. } if named == section), "{error}");
    }
}

#[test]
fn the_image_holds_every_vector_once_and_tells_its_counts() {
    let points = points(3_001, 4);
    let image = points.build();
    let index = Index::open(&image).unwrap();
    let sorted = |mut vectors: Vec<Point>| {
        vectors.sort_by_key(|query| *query.values());
        vectors
    };
    assert_eq!(sorted(index.vectors().collect()), sorted(points.vectors.clone()));
    let info = index.info();
    let frauds = points.labels.iter().filter(|label| **label == Label::Fraud).count();
    assert_eq!((info.references, info.fraud as usize, info.bytes as usize), (3_001, frauds, image.len()));
    let RuleSections { normalization, mcc_risk } = index.rule_sections();
    assert_eq!(Rules::decode(normalization, mcc_risk), Ok(Rules::default()));
}

#[test]
fn progress_starts_at_zero_and_ends_at_the_total_in_every_phase() {
    let points = points(30_000, 5);
    let seen = std::sync::Mutex::new(Vec::new());
    points
        .try_build(&|phase, done, total| {
            seen.lock().unwrap().push((phase, done, total));
        })
        .unwrap();
    let seen = seen.into_inner().unwrap();
    for phase in ["sample", "split", "write"] {
        let of_phase: Vec<_> = seen.iter().filter(|(name, ..)| *name == phase).collect();
        assert_eq!(of_phase.first().map(|(_, done, _)| *done), Some(0), "{phase}");
        assert!(of_phase.last().is_some_and(|(_, done, total)| done == total), "{phase}");
    }
}

#[test]
fn an_image_opened_on_trust_is_the_one_that_was_checked() {
    for count in [5, 16, 300, 3_001, 20_000] {
        let points = points(count, 7);
        let image = points.build();
        let (checked, trusted) = (
            Index::open(&image).unwrap(),
            Index::check_verified(&image, InstructionSet::detect()).unwrap().over(&image).unwrap(),
        );
        let facts = |index: &Index<'_>| format!("{:?}", index.info());
        assert_eq!(facts(&trusted), facts(&checked), "{count} references");
        // some thousand are enough of a large one
        for query in points.vectors.iter().step_by(1 + count / 5_000) {
            // the steps too: the boxes around each label decide on them
            assert_eq!(trusted.measure(query), checked.measure(query));
        }
    }
}

#[test]
fn vectors_to_warm_up_with_come_from_all_over_the_index() {
    let points = points(3_001, 4);
    let image = points.build();
    let index = Index::open(&image).unwrap();
    let all: Vec<Point> = index.vectors().collect();
    for count in [0, 1, 7, 400, 3_001, 5_000] {
        let spread: Vec<Point> = index.spread(count).collect();
        assert_eq!(spread.len(), count.min(3_001) as usize);
        assert!(spread.iter().all(|query| all.contains(query)));
        let mut distinct: Vec<_> = spread.iter().map(|query| *query.values()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() * 10 >= spread.len() * 9, "{} of {count} differ", distinct.len());
    }
}
