//! The builder's bytes do not change unnoticed, and neither does what an image of this version means.

use crate::common::{Points, Random, brute_force, frauds};
use index::Index;

fn points() -> Points {
    let mut random = Random::new(2026);
    let (vectors, labels) = (0..300).map(|_| (random.query(-500, 500), random.label())).unzip();
    Points { vectors, labels }
}

#[test]
fn version_2_is_built_as_ever_and_answers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v2.index");
    let built = points().build();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &built).unwrap();
    }
    let golden = std::fs::read(path).unwrap();
    assert!(built == golden, "the builder writes other bytes: a new version, or run with UPDATE_GOLDEN=1 and say why");
    let index = Index::open(&golden).unwrap();
    let mut random = Random::new(7);
    for _ in 0..100 {
        let query = random.query(-600, 600);
        assert_eq!(index.classify(&query), frauds(&brute_force(&points(), &query)));
    }
}
