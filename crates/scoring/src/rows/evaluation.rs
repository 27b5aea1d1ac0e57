//! How well rows tell each other's labels: each is looked up among rows that are not its own.

use index::knn::{Found, MAX_NEIGHBOURS, NearestRows, RowIndex};
use rayon::prelude::*;
use serde::Serialize;
use space::Progress;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bins of the calibration: shares up to a tenth, two tenths, …
const BINS: usize = 10;

/// What rows may be asked about the label of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// All but the row itself.
    Itself,
    /// All but the rows of its fold, of which there are so many; which row is in which is drawn by the seed.
    Fold {
        /// How many folds, 2 at least.
        folds: u32,
        /// Of the drawing.
        seed: u64,
    },
}

/// How well the labels of the nearest rows tell a row's own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Rows that were asked about.
    pub rows: u32,
    /// The labels, in the order of the tables.
    pub labels: Vec<String>,
    /// By number of neighbours, ascending.
    pub by_k: Vec<OfK>,
    /// The number of neighbours that was right most often, the least of equals.
    pub best_k: usize,
}

/// What came of one number of neighbours.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfK {
    /// Neighbours.
    pub k: usize,
    /// Rows whose most frequent label among the neighbours is their own.
    pub right: u64,
    /// The share of these.
    pub accuracy: f64,
    /// By own label, then by the label found: rows.
    pub confusion: Vec<Vec<u64>>,
    /// By the share of the label found, a tenth each.
    pub calibration: Vec<Bin>,
}

/// Rows for which the label found had about this share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// How many.
    pub rows: u64,
    /// The sum of their shares, over their number: what a calibrated answer would be right in.
    pub mean_share: f64,
    /// What it was right in.
    pub accuracy: f64,
}

/// Why nothing can be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// There is nothing to tell.
    #[error("the rows have no labels")]
    NoLabels,
    /// No number of neighbours, or one that cannot be searched.
    #[error("{0} neighbours: 1 to 1000 can be asked for")]
    Neighbours(usize),
    /// Fewer other rows than neighbours.
    #[error("{k} neighbours are asked for: among {rows} rows some have fewer that are not left out")]
    TooFewRows {
        /// Neighbours.
        k: usize,
        /// Rows of the index.
        rows: u32,
    },
}

/// Looks up every row of an index whose labels have these names among the others, for each of the numbers `ks` of neighbours, on all
/// threads of the pool.
///
/// # Errors
///
/// If rows have no labels, or fewer others than neighbours.
pub fn evaluate(
    index: &RowIndex<'_>,
    labels: &[String],
    ks: &[usize],
    left_out: LeftOut,
    progress: &Progress<'_>,
) -> Result<Evaluation, EvaluationError> {
    if index.shape().labels == 0 {
        return Err(EvaluationError::NoLabels);
    }
    if let Some(k) = ks.iter().find(|k| !(1..MAX_NEIGHBOURS).contains(*k)) {
        return Err(EvaluationError::Neighbours(*k));
    }
    let most = ks.iter().copied().max().ok_or(EvaluationError::Neighbours(0))?;
    let mut ks = ks.to_vec();
    ks.sort_unstable();
    ks.dedup();
    let done = AtomicU64::new(0);
    let (points, rows) = (index.shape().points, index.shape().rows);
    let evaluator = Evaluator { index, ks: &ks, most, left_out, labels: labels.len() };
    let tallies = (0..points).into_par_iter().fold(
        || Ok((NearestRows::with_room_for(most + 1), evaluator.nothing())),
        |state: Result<_, EvaluationError>, slot| {
            let (mut nearest, mut tallies) = state?;
            evaluator.ask(slot as usize, &mut nearest, &mut tallies)?;
            let before = done.fetch_add(1, Ordering::Relaxed);
            if before.is_multiple_of(1 << 12) {
                progress("asking", before, u64::from(points));
            }
            Ok((nearest, tallies))
        },
    );
    let sum = tallies.map(|state| state.map(|(_, tallies)| tallies)).try_reduce(
        || evaluator.nothing(),
        |mut all, more| {
            all.iter_mut().zip(&more).for_each(|(all, more)| all.add(more));
            Ok(all)
        },
    )?;
    progress("asking", u64::from(points), u64::from(points));
    let by_k: Vec<_> = ks.iter().zip(&sum).map(|(k, tally)| tally.result(*k, rows)).collect();
    let best = by_k.iter().rev().max_by_key(|of| of.right).map_or(0, |of| of.k);
    Ok(Evaluation { rows, labels: labels.to_vec(), by_k, best_k: best })
}

struct Evaluator<'e> {
    index: &'e RowIndex<'e>,
    ks: &'e [usize],
    most: usize,
    left_out: LeftOut,
    labels: usize,
}

impl Evaluator<'_> {
    fn nothing(&self) -> Vec<Tally> {
        let confusion = vec![vec![0; self.labels]; self.labels];
        self.ks.iter().map(|_| Tally { confusion: confusion.clone(), bins: [(0, 0.0, 0); BINS] }).collect()
    }

    /// Asks about all rows of a point: they have the same neighbours, but for those that are left out.
    fn ask(&self, slot: usize, nearest: &mut NearestRows, tallies: &mut [Tally]) -> Result<(), EvaluationError> {
        let (values, all) = (self.index.values(slot), self.index.shape().rows as usize);
        let search = |wanted, nearest: &mut NearestRows| {
            self.index.search(&values, wanted, nearest).expect("a row of the index is a query of it");
        };
        let mut wanted = (self.most + 1).min(MAX_NEIGHBOURS);
        search(wanted, nearest);
        for row in self.index.rows_of(slot) {
            loop {
                let others = || nearest.rows().iter().filter(|found| !self.is_left_out(row, found));
                if others().take(self.most).count() == self.most {
                    self.tell(row, others(), tallies);
                    break;
                }
                if wanted == MAX_NEIGHBOURS || wanted >= all {
                    return Err(EvaluationError::TooFewRows { k: self.most, rows: all as u32 });
                }
                wanted = (wanted * 2).min(MAX_NEIGHBOURS);
                search(wanted, nearest);
            }
        }
        Ok(())
    }

    fn is_left_out(&self, row: u32, found: &Found) -> bool {
        match self.left_out {
            LeftOut::Itself => found.row == row,
            LeftOut::Fold { folds, seed } => fold(found.row, folds, seed) == fold(row, folds, seed),
        }
    }

    /// Counts what the others say, for each number of them.
    fn tell<'f>(&self, row: u32, others: impl Iterator<Item = &'f Found>, tallies: &mut [Tally]) {
        let label = |row| usize::from(self.index.label(row).unwrap_or(0));
        let (own, mut counts, mut next) = (label(row), [0u32; 256], 0);
        for (number, other) in others.take(self.most).enumerate() {
            counts[label(other.row)] += 1;
            if number + 1 == self.ks[next] {
                // The last of the greatest of all in reverse is the first.
                let found = (0..self.labels).rev().max_by_key(|label| counts[*label]).unwrap_or(0);
                tallies[next].count(own, found, f64::from(counts[found]) / self.ks[next] as f64);
                next += 1;
            }
        }
    }
}

/// The fold of a row: drawn, so that rows in any order are spread evenly.
fn fold(row: u32, folds: u32, seed: u64) -> u32 {
    // SplitMix64's mixing: every bit of the row and the seed moves every bit of the result.
    let mut mixed = (u64::from(row) ^ seed).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ mixed >> 31) % u64::from(folds)) as u32
}

/// Counts of one number of neighbours.
#[derive(Clone)]
struct Tally {
    confusion: Vec<Vec<u64>>,
    /// Rows, the sum of their shares, how many were right.
    bins: [(u64, f64, u64); BINS],
}

impl Tally {
    fn count(&mut self, own: usize, found: usize, share: f64) {
        self.confusion[own][found] += 1;
        let bin = &mut self.bins[((share * BINS as f64).ceil() as usize).clamp(1, BINS) - 1];
        bin.0 += 1;
        bin.1 += share;
        bin.2 += u64::from(own == found);
    }

    fn add(&mut self, more: &Self) {
        for (all, more) in self.confusion.iter_mut().flatten().zip(more.confusion.iter().flatten()) {
            *all += more;
        }
        for (all, more) in self.bins.iter_mut().zip(&more.bins) {
            *all = (all.0 + more.0, all.1 + more.1, all.2 + more.2);
        }
    }

    fn result(&self, k: usize, rows: u32) -> OfK {
        let right = (0..self.confusion.len()).map(|label| self.confusion[label][label]).sum();
        let bin = |&(rows, shares, right): &(u64, f64, u64)| Bin {
            rows,
            mean_share: shares / (rows.max(1) as f64),
            accuracy: right as f64 / (rows.max(1) as f64),
        };
        OfK {
            k,
            right,
            accuracy: right as f64 / f64::from(rows),
            confusion: self.confusion.clone(),
            calibration: self.bins.iter().map(bin).collect(),
        }
    }
}
