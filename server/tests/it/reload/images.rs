//! Indexes whose answers are known without any index.

use crate::support::{payload, random_references, score};
use schema::{Parser, Rules};
use space::{Label, Point};
use testkit::random::Random;

/// An index and what it holds.
pub struct Image {
    pub bytes: Vec<u8>,
    vectors: Vec<Point>,
    labels: Vec<Label>,
    /// By number of the payload.
    answers: Vec<String>,
}

impl Image {
    pub fn random(references: usize, seed: u64) -> Self {
        let (vectors, labels) = random_references(references, seed);
        let bytes = scoring::build(&vectors, &labels, &Rules::default(), &|_, _, _| {}).unwrap();
        let mut image = Self { bytes, vectors, labels, answers: Vec::new() };
        image.answers = image.answers_by(&Rules::default());
        image
    }

    pub fn answer(&self, payload: u32) -> &str {
        &self.answers[payload as usize]
    }

    /// The answers to all payloads if these rules made vectors of them, by a look at every reference.
    pub fn answers_by(&self, rules: &Rules) -> Vec<String> {
        (0..super::PAYLOADS).map(|n| self.brute_force(rules, n)).collect()
    }

    fn brute_force(&self, rules: &Rules, n: u32) -> String {
        let query = rules.vectorize(&Parser::new(1024).parse(payload(n).as_bytes()).unwrap());
        let distances = self.vectors.iter().map(|vector| distance(&query, vector));
        let mut nearest: Vec<(i64, usize)> = distances.zip(0..).collect();
        nearest.sort_unstable();
        score(nearest[..5].iter().filter(|(_, number)| self.labels[*number] == Label::Fraud).count() as u8)
    }

    pub fn frauds(&self) -> u32 {
        self.labels.iter().filter(|label| **label == Label::Fraud).count() as u32
    }

    /// The same with these vectors, in any order, of which a few are not where they were.
    pub fn with_vectors(&self, mut found: Vec<Point>) -> Self {
        assert_eq!(found.len(), self.vectors.len());
        let mut vectors = self.vectors.clone();
        let is_moved = |vector: &&mut Point| match found.iter().position(|found| found == *vector) {
            Some(place) => {
                found.swap_remove(place);
                false
            }
            None => true,
        };
        let moved: Vec<&mut Point> = vectors.iter_mut().filter(is_moved).collect();
        for vector in moved {
            let nearest = (0..found.len()).min_by_key(|&place| distance(vector, &found[place]));
            *vector = found.swap_remove(nearest.expect("as many are left as were moved"));
        }
        Self { bytes: Vec::new(), vectors, labels: self.labels.clone(), answers: Vec::new() }
    }

    /// Some of its bytes changed, or its end cut off.
    pub fn corrupted(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        if random.below(10) == 0 {
            bytes.truncate(random.below(bytes.len()));
            return bytes;
        }
        for _ in 0..=random.below(8) {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 + random.below(255) as u8;
        }
        bytes
    }
}

/// The square of the distance between two points.
fn distance(one: &Point, other: &Point) -> i64 {
    one.values().iter().zip(other.values()).map(|(a, b)| (i64::from(*a) - i64::from(*b)).pow(2)).sum()
}

/// Makes the checksum right again: it is no proof of good faith.
pub fn repair_checksum(image: &mut [u8]) {
    use index::format::{Header, checksum};
    let (at, sum) = (std::mem::offset_of!(Header, checksum), checksum(image));
    if let Some(field) = image.get_mut(at..at + size_of::<u64>()) {
        field.copy_from_slice(&sum.to_le_bytes());
    }
}
