//! What the tests of this room share: random sets of points, and the answer by looking at every one of them.

pub mod corrupt;

use index::{BuildError, RuleSections};
use schema::{Rules, StoredRules};
use space::{DIMENSIONS, Label, Neighbour, Point, Progress, squared_distance};

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

/// SplitMix64: small, seeded, and not the generator of any data.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Inclusive.
    pub fn between(&mut self, low: i16, high: i16) -> i16 {
        low + (self.next() % (high as i64 - low as i64 + 1) as u64) as i16
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
            let dimension = (self.next() % DIMENSIONS as u64) as usize;
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
