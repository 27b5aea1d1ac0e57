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
        let distance = |vector: &Point| -> i64 {
            query.values().iter().zip(vector.values()).map(|(a, b)| (i64::from(*a) - i64::from(*b)).pow(2)).sum()
        };
        let mut nearest: Vec<(i64, usize)> = self.vectors.iter().map(distance).zip(0..).collect();
        nearest.sort_unstable();
        score(nearest[..5].iter().filter(|(_, number)| self.labels[*number] == Label::Fraud).count() as u8)
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

/// Makes the checksum right again: it is no proof of good faith.
pub fn repair_checksum(image: &mut [u8]) {
    use index::format::{Header, checksum};
    let (at, sum) = (std::mem::offset_of!(Header, checksum), checksum(image));
    if let Some(field) = image.get_mut(at..at + size_of::<u64>()) {
        field.copy_from_slice(&sum.to_le_bytes());
    }
}
