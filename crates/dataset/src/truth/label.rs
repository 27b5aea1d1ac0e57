//! Labels by brute force: what every engine is measured against, so this uses no engine.

use super::best::Best;
use super::scan::scan;
use super::tile::Tile;
use crate::Progress;
use crate::references::References;
use rayon::prelude::*;
use space::{Label, NEIGHBOURS, Neighbour, Point, squared_distance};

/// Tiles that are laid out at once; between such batches progress is called.
const TILES_PER_BATCH: usize = 128;
/// Queries of one task, which runs them over a batch.
const QUERIES_PER_TASK: usize = 64;

/// Frauds among the 5 nearest of each query, ties to the lower reference, by brute force, in parallel.
///
/// Exact for all queries and references. Of fewer than 5 references all vote. Progress counts references.
pub fn label(queries: &[Point], references: &References, progress: &Progress<'_>) -> Vec<u8> {
    let phase = "labelling";
    let total = references.vectors.len() as u64;
    progress(phase, 0, total);
    let mut best = vec![Best::NONE; queries.len()];
    let mut tiles = vec![Tile::EMPTY; TILES_PER_BATCH];
    let mut done = 0;
    for vectors in references.vectors.chunks(TILES_PER_BATCH * Tile::REFERENCES) {
        let used = vectors.len().div_ceil(Tile::REFERENCES);
        let chunks = tiles.par_iter_mut().zip(vectors.par_chunks(Tile::REFERENCES));
        chunks.enumerate().for_each(|(number, (tile, vectors))| {
            tile.fill(done as u32 + (number * Tile::REFERENCES) as u32, vectors);
        });
        let tasks = queries.par_chunks(QUERIES_PER_TASK).zip(best.par_chunks_mut(QUERIES_PER_TASK));
        tasks.for_each(|(queries, best)| scan(&tiles[..used], queries, best));
        done += vectors.len() as u64;
        if done < total {
            progress(phase, done, total);
        }
    }
    progress(phase, total, total);
    best.iter().map(|best| frauds(best, &references.labels)).collect()
}

/// The 5 nearest references of one query, nearest first, ties to the lower reference; `None` if there are fewer than 5.
///
/// One plain loop, as an oracle for searches and for [`label`].
pub fn nearest(query: &Point, references: &References) -> Option<[Neighbour; NEIGHBOURS]> {
    let mut best: Vec<Neighbour> = Vec::with_capacity(NEIGHBOURS + 1);
    for (reference, (vector, &label)) in (0..).zip(references.vectors.iter().zip(&references.labels)) {
        let distance = squared_distance(query, vector);
        if best.len() == NEIGHBOURS && distance >= best[NEIGHBOURS - 1].distance {
            continue;
        }
        let place = best.partition_point(|other| other.distance <= distance);
        best.insert(place, Neighbour { reference, distance, label });
        best.truncate(NEIGHBOURS);
    }
    best.try_into().ok()
}

fn frauds(best: &Best, labels: &[Label]) -> u8 {
    best.references().map(|reference| labels[reference as usize] as u8).sum()
}
