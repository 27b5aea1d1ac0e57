//! Queries that no payload needs to have made: to check an engine where payloads do not reach.

use crate::pcg::Pcg;
use crate::references::References;
use transaction::{DIMENSIONS, Query, SCALE};

/// The two dimensions that are -1 together, when there is no last transaction.
const LAST_TRANSACTION: [usize; 2] = [5, 6];

/// `count` vectors drawn evenly from all that transactions can become; a quarter without a last transaction.
pub fn uniform_queries(count: usize, seed: u64) -> Vec<Query> {
    let mut pcg = Pcg::seed(seed);
    let any = |_| {
        let mut values: [i16; DIMENSIONS] = std::array::from_fn(|_| pcg.int((0, SCALE as u32 + 1)) as i16);
        if pcg.int((0, 4)) == 0 {
            LAST_TRANSACTION.into_iter().for_each(|dimension| values[dimension] = -SCALE);
        }
        Query::new(values).expect("drawn inside the scale")
    };
    (0..count).map(any).collect()
}

/// `count` references drawn with one value moved by one 1/10000: what an engine gets wrong if its bounds are one off.
pub fn queries_beside(references: &References, count: usize, seed: u64) -> Vec<Query> {
    let mut pcg = Pcg::seed(seed);
    let any = |_| {
        let row = pcg.int((0, references.vectors.len() as u32)) as usize;
        let mut values = *references.vectors[row].values();
        let dimension = pcg.int((0, DIMENSIONS as u32)) as usize;
        let step = if pcg.int((0, 2)) == 0 { -1 } else { 1 };
        values[dimension] = (values[dimension] + step).clamp(-SCALE, SCALE);
        Query::new(values).expect("clamped to the scale")
    };
    (0..count).map(any).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReferenceRecipe, generate_references};

    #[test]
    fn equal_seeds_draw_equal_queries_and_a_quarter_has_no_last_transaction() {
        let queries = uniform_queries(4_000, 3);
        assert!(queries == uniform_queries(4_000, 3) && queries != uniform_queries(4_000, 4));
        let without = queries.iter().filter(|query| query.values()[5] == -SCALE).count();
        assert!((900..1_100).contains(&without), "{without}");
        assert!(queries.iter().all(|query| (query.values()[5] == -SCALE) == (query.values()[6] == -SCALE)));
    }

    #[test]
    fn queries_lie_beside_references() {
        let recipe = ReferenceRecipe { count: 50, ..ReferenceRecipe::OFFICIAL };
        let references = generate_references(&recipe, &|_, _, _| {});
        for query in queries_beside(&references, 500, 1) {
            let moved = |row: &Query| {
                let steps = row.values().iter().zip(query.values()).map(|(a, b)| a.abs_diff(*b));
                steps.sum::<u16>() <= 1
            };
            assert!(references.vectors.iter().any(moved), "{query:?}");
        }
    }
}
