//! The scan of tiles for queries: with AVX2 where the processor has it, else in plain Rust.

use super::avx2;
use super::best::{Best, FIRST_PAIRS, Parts, QUARTER_BITS};
use super::tile::{Block, LANES, Tile};
use space::Point;

/// Takes the tiles' references, which come in ascending order, into the best of each query.
pub(crate) fn scan(tiles: &[Tile], queries: &[Point], best: &mut [Best]) {
    avx2::scan(tiles, queries, best).unwrap_or_else(|| scan_portable(tiles, queries, best));
}

fn scan_portable(tiles: &[Tile], queries: &[Point], best: &mut [Best]) {
    for tile in tiles {
        for (query, best) in queries.iter().zip(best.iter_mut()) {
            let mut limit = best.coarse_limit() as u32;
            for (number, block) in tile.used_blocks().iter().enumerate() {
                let parts = distance_parts(block, query);
                if is_any_nearer(&parts, limit) {
                    best.insert_lanes(&parts, tile, number);
                    limit = best.coarse_limit() as u32;
                }
            }
        }
    }
}

fn distance_parts(block: &Block, query: &Point) -> Parts {
    let mut parts = [[0; LANES]; 2];
    for (pair, (block_pair, query_pair)) in block.0.iter().zip(query.values().chunks_exact(2)).enumerate() {
        let part = &mut parts[usize::from(pair >= FIRST_PAIRS)];
        for (distance, lane) in part.iter_mut().zip(block_pair.chunks_exact(2)) {
            let first = i32::from(lane[0]) - i32::from(query_pair[0]);
            let second = i32::from(lane[1]) - i32::from(query_pair[1]);
            *distance += (first * first + second * second) as u32;
        }
    }
    parts
}

/// Free of branches, so that compilers can make few instructions of it.
fn is_any_nearer([first, second]: &Parts, limit: u32) -> bool {
    let lanes = first.iter().zip(second);
    lanes.fold(false, |any, (first, second)| any | ((first >> QUARTER_BITS) + (second >> QUARTER_BITS) < limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use space::{SCALE, squared_distance};

    fn query() -> impl Strategy<Value = Point> {
        let value = prop_oneof![-SCALE..=SCALE, Just(SCALE), Just(-SCALE), Just(0)];
        prop::array::uniform14(value).prop_map(|values| Point::new(values).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn scans_agree_on_any_vectors(
            vectors in prop::collection::vec(query(), 1..3 * Tile::REFERENCES / 2),
            queries in prop::collection::vec(query(), 1..5),
        ) {
            let tiles: Vec<Tile> = (0..).zip(vectors.chunks(Tile::REFERENCES)).map(|(number, vectors)| {
                let mut tile = Tile::EMPTY;
                tile.fill(number * Tile::REFERENCES as u32, vectors);
                tile
            }).collect();
            let mut portable = vec![Best::NONE; queries.len()];
            scan_portable(&tiles, &queries, &mut portable);
            let mut fastest = vec![Best::NONE; queries.len()];
            scan(&tiles, &queries, &mut fastest);
            for (portable, fastest) in portable.iter().zip(&fastest) {
                prop_assert_eq!(portable, fastest);
            }
        }

        #[test]
        fn coarse_limit_never_hides_a_nearer_reference(
            query in query(),
            vector in query(),
            worst in prop_oneof![0u64..1 << 33, 0u64..100],
        ) {
            let mut tile = Tile::EMPTY;
            tile.fill(0, &[vector]);
            let parts = distance_parts(&tile.used_blocks()[0], &query);
            let distance = squared_distance(&query, &vector);
            prop_assert_eq!(u64::from(parts[0][0]) + u64::from(parts[1][0]), distance);
            let best = Best::at(worst);
            let only_lane = [[parts[0][0]; LANES], [parts[1][0]; LANES]];
            let is_nearer = distance < worst;
            prop_assert!(!is_nearer || is_any_nearer(&only_lane, best.coarse_limit() as u32));
        }
    }
}
