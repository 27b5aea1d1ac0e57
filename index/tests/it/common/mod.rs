//! What the tests of this room share: random sets of points, and the answer by looking at every one of them.

pub mod corrupt;
pub mod row_sets;

use index::{BuildError, InstructionSet, RuleSections};
use schema::{Rules, StoredRules};
use space::{DIMENSIONS, Label, Neighbour, Point, Progress, squared_distance};

/// The kernels that are compared with brute force: all that this machine has, or its best alone where
/// `FRAUDRING_TEST_KERNELS=best` says that the others are tested elsewhere, as by an emulator.
pub fn kernels() -> Vec<InstructionSet> {
    if std::env::var("FRAUDRING_TEST_KERNELS").is_ok_and(|which| which == "best") {
        return vec![InstructionSet::detect()];
    }
    InstructionSet::available()
}

/// Labelled points.
#[derive(Clone)]
pub struct Points {
    pub vectors: Vec<Point>,
    pub labels: Vec<Label>,
}

impl Points {
    pub fn build(&self) -> Vec<u8> {
        self.try_build(&|_, _, _| ()).unwrap()
    }

    pub fn try_build(&self, progress: &Progress<'_>) -> Result<Vec<u8>, BuildError> {
        let StoredRules { normalization, mcc_risk } = Rules::default().encode();
        let rules = RuleSections { normalization: &normalization, mcc_risk: &mcc_risk };
        index::build(&self.vectors, &self.labels, rules, progress)
    }
}

/// Points and labels from a seed.
pub struct Random(testkit::random::Random);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(testkit::random::Random(seed))
    }

    pub fn next(&mut self) -> u64 {
        self.0.next()
    }

    /// Inclusive.
    pub fn between(&mut self, low: i16, high: i16) -> i16 {
        self.0.between(low, high)
    }

    pub fn query(&mut self, low: i16, high: i16) -> Point {
        Point::new(std::array::from_fn(|_| self.between(low, high))).unwrap()
    }

    pub fn label(&mut self) -> Label {
        if self.next().is_multiple_of(3) { Label::Fraud } else { Label::Legit }
    }

    /// `query` with up to `dimensions` values moved by at most `step`.
    pub fn near(&mut self, query: &Point, dimensions: usize, step: i16) -> Point {
        let mut values = *query.values();
        for _ in 0..dimensions {
            let dimension = self.0.below(DIMENSIONS);
            values[dimension] = (values[dimension] + self.between(-step, step)).clamp(-10_000, 10_000);
        }
        Point::new(values).unwrap()
    }
}

/// The five nearest by looking at all points.
pub fn brute_force(points: &Points, query: &Point) -> [Neighbour; 5] {
    let mut all: Vec<Neighbour> = (0u32..)
        .zip(points.vectors.iter().zip(&points.labels))
        .map(|(reference, (vector, label))| {
            let distance = squared_distance(vector, query);
            Neighbour { reference, distance, label: *label }
        })
        .collect();
    all.sort_by_key(|neighbour| (neighbour.distance, neighbour.reference));
    std::array::from_fn(|i| all[i])
}

pub fn frauds(neighbours: &[Neighbour]) -> u8 {
    neighbours.iter().filter(|neighbour| neighbour.label == Label::Fraud).count() as u8
}
