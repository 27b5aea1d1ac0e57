//! Which method finds points fastest: all three are tried on a sample of the rows.
//!
//! What searches look at is counted, not timed, so that the same rows give the same image on every machine. Counts become
//! nanoseconds by what each step takes on a usual one.

use simd::InstructionSet;
use space::{Progress, Rows};

use super::choice::{Choice, Estimate};
use super::options::RowOptions;
use super::row_image::{self, Decided, RowImage};
use crate::knn::grid::Grid;
use crate::knn::layout::{CODE_LANES, Method};
use crate::knn::row_index::RowIndex;
use crate::knn::search::{NearestRows, SearchWork};

/// Rows of the large sample, at most; trees of larger sets are estimated by how their work grows up to there.
pub(super) const LARGE: usize = 1 << 17;
/// The small sample has so many times fewer.
const GROWTH: usize = 8;
/// Rows of the sample that are looked up in it.
const QUERIES: usize = 64;
/// Neighbours looked for: ten, and the row itself.
const NEIGHBOURS: usize = 11;

/// The method with the least estimate.
pub(super) fn choose(rows: Rows<'_>, weights: &[f64], among: &[Method], progress: &Progress<'_>) -> Choice {
    let is_weighted = weights.iter().any(|weight| *weight != 1.0);
    let methods = among.iter().copied().filter(|method| !(is_weighted && *method == Method::FloatTree));
    let mut estimates = Vec::new();
    let (total, mut done) = (among.len() as u64, 0);
    for method in methods {
        progress("choose", done, total);
        estimates.push(estimate(rows, weights, method));
        done += 1;
    }
    progress("choose", total, total);
    let least = estimates.iter().min_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds));
    Choice { method: least.map_or(Method::CellScan, |estimate| estimate.method), estimates }
}

fn estimate(rows: Rows<'_>, weights: &[f64], method: Method) -> Estimate {
    let large = sample(rows, LARGE);
    let large = Rows::new(rows.dimensions(), &large).expect("rows of rows are rows");
    let (mut work, points) = count(large, weights, method);
    let compared = work.blocks * lanes(method) as f64 / points as f64;
    if rows.len() > large.len() {
        let small = sample(rows, LARGE / GROWTH);
        let small = Rows::new(rows.dimensions(), &small).expect("rows of rows are rows");
        let (before, _) = count(small, weights, method);
        let more = rows.len() as f64 / large.len() as f64;
        let grown = |small: f64, large: f64| {
            // A power law through both; a search looks at most at twice as much among twice as many.
            let exponent = (large / small.max(1.0)).ln() / (GROWTH as f64).ln();
            large * more.powf(exponent.clamp(0.0, 1.0))
        };
        work = Work {
            nodes: grown(before.nodes, work.nodes),
            blocks: grown(before.blocks, work.blocks),
            measured: grown(before.measured, work.measured).max(rounded_near(rows, weights, method, &before, &work)),
            ..work
        };
    }
    let nanoseconds = nanoseconds(&work, method, rows.dimensions());
    Estimate { method, nanoseconds, compared: compared.min(1.0), measured: work.measured }
}

/// Points of all rows that are so near to the k-th that the grid cannot tell: rounding does not shrink with the distances, which
/// do as rows are added.
fn rounded_near(rows: Rows<'_>, weights: &[f64], method: Method, small: &Work, large: &Work) -> f64 {
    let (growth, more) = (GROWTH as f64, rows.len() as f64 / LARGE as f64);
    if method != Method::GridTree || large.radius <= 0.0 || small.radius <= large.radius {
        return 0.0;
    }
    // In how many dimensions the rows seem to lie: so their number grows with the radius.
    let dimensions = (growth.ln() / (small.radius / large.radius).ln()).clamp(1.0, rows.dimensions() as f64);
    let radius = large.radius / more.powf(1.0 / dimensions);
    let step = Grid::new(&row_image::dimensions(&rows, weights)).step();
    // A point is off by up to half a step in each dimension, a query by half as much on average.
    let rounding = 0.75 * (rows.dimensions() as f64).sqrt() * step;
    NEIGHBOURS as f64 * (1.0 + rounding / radius).powf(dimensions)
}

/// Every so many rows, so that there are at most `count`.
fn sample(rows: Rows<'_>, count: usize) -> Vec<f32> {
    rows.iter().step_by(rows.len().div_ceil(count)).flatten().copied().collect()
}

/// What a search looks at, on average.
#[derive(Default)]
struct Work {
    nodes: f64,
    blocks: f64,
    measured: f64,
    /// Distance of the last neighbour.
    radius: f64,
}

/// What looking up rows of the sample takes, and how many points the sample has.
fn count(rows: Rows<'_>, weights: &[f64], method: Method) -> (Work, u32) {
    let options = RowOptions { weights: Some(weights), method: Some(method), ..RowOptions::default() };
    let dimensions = row_image::dimensions(&rows, weights);
    let decided = Decided { dimensions, choice: Choice::given(method), grid_is_truth: false };
    let image = RowImage::with(rows, options, decided, &|_, _, _| {});
    let mut bytes = Vec::new();
    image.write(&[], &mut bytes).expect("memory takes all");
    let index = RowIndex::open_verified(&bytes, InstructionSet::detect()).expect("the builder's image is sound");
    let (mut nearest, mut sum) = (NearestRows::with_room_for(NEIGHBOURS), Work::default());
    for query in 0..QUERIES {
        let row = rows.row(query * rows.len() / QUERIES);
        index.search(row, NEIGHBOURS, &mut nearest).expect("the row is one of the index");
        let SearchWork { nodes, blocks, measured } = nearest.work();
        sum.nodes += f64::from(nodes);
        sum.blocks += f64::from(blocks);
        sum.measured += f64::from(measured);
        sum.radius += nearest.rows().last().map_or(0.0, |found| found.distance.sqrt());
    }
    let mean = |sum: f64| sum / QUERIES as f64;
    let mean = Work {
        nodes: mean(sum.nodes),
        blocks: mean(sum.blocks),
        measured: mean(sum.measured),
        radius: mean(sum.radius),
    };
    (mean, image.shape().points)
}

fn lanes(method: Method) -> usize {
    if method == Method::CellScan { CODE_LANES } else { crate::lanes::LANES }
}

/// A search, by what each step takes: comparing columns, and waiting for memory.
fn nanoseconds(work: &Work, method: Method, dimensions: usize) -> f64 {
    let columns = method.columns(dimensions) as f64;
    let (node, block) = match method {
        Method::GridTree | Method::FloatTree => (30.0 + 5.0 * columns, 20.0 + 6.0 * columns),
        Method::CellScan => (0.0, 2.0 + 1.5 * dimensions as f64),
    };
    let measured = 100.0 + 2.0 * dimensions as f64;
    work.nodes * node + work.blocks * block + work.measured * measured
}
