//! From rows to the bytes of an image.
//!
//! [`distinct`] finds equal rows, [`partition`] orders the points so that near ones lie together, [`choose`] decides by measuring
//! how they are to be found, [`write`] lays everything out. What is in memory beside the rows: about 12 bytes for each, and the
//! boxes, which are a hundredth of the image.

mod choose;
mod distinct;
mod partition;
mod write;

use rayon::prelude::*;
use space::{Progress, Rows};

use super::cells;
use super::encoder::Encoder;
use super::grid::Grid;
use super::layout::{
    BoxColumn, CELLS, Cell, Copies, Dimension, Link, MAX_DIMENSIONS, MAX_ROWS, Method, Shape, tree_links,
};
use crate::lanes::LANES;
use distinct::Distinct;

pub use choose::{Choice, Estimate};

/// Why no image can be built of rows.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RowBuildError {
    /// There is nothing to find.
    #[error("there are no rows")]
    NoRows,
    /// Rows have 31-bit numbers.
    #[error("{0} rows: an index holds at most 2147483647")]
    TooManyRows(usize),
    /// The exact search would look at everything.
    #[error("{0} dimensions: exact search takes 1 to 32")]
    TooManyDimensions(usize),
    /// One weight for each dimension.
    #[error("{weights} weights for {dimensions} dimensions")]
    Weights {
        /// Weights given.
        weights: usize,
        /// Dimensions of a row.
        dimensions: usize,
    },
    /// Not a weight.
    #[error("the weight of dimension {dimension} is {weight}, it must be from 1e-30 to 1e30")]
    Weight {
        /// Counted from 0.
        dimension: usize,
        /// The weight given.
        weight: f64,
    },
    /// One label for each row.
    #[error("{labels} labels for {rows} rows")]
    Labels {
        /// Labels given.
        labels: usize,
        /// Rows given.
        rows: usize,
    },
    /// A label without a name.
    #[error("row {row} has label {label}, there are {labels}")]
    Label {
        /// Counted from 0.
        row: usize,
        /// Its label, counted from 0.
        label: u8,
        /// How many there are.
        labels: usize,
    },
    /// Floats are compared as they are, so weights cannot be in them.
    #[error("method float-tree takes no weights: all must be 1")]
    WeightedFloats,
}

/// What an image is built of beside rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowOptions<'a, 'w> {
    /// By dimension, what its squared differences are multiplied by; none for 1 everywhere.
    pub weights: Option<&'w [f64]>,
    /// By row, its label.
    pub labels: Option<&'a [u8]>,
    /// How many labels there are, up to 256.
    pub label_count: usize,
    /// How points are to be found; none for the fastest by [`Choice`].
    pub method: Option<Method>,
}

/// An image to be written: everything that is decided about it.
pub struct RowImage<'a> {
    rows: Rows<'a>,
    labels: Option<&'a [u8]>,
    shape: Shape,
    dimensions: Vec<Dimension>,
    choice: Choice,
    /// By slot, its point's lowest row.
    slots: Vec<u32>,
    copies: Vec<Copies>,
    copied_rows: Vec<u32>,
    encoder: Encoder,
    links: Vec<Link>,
    boxes: Vec<BoxColumn>,
    cells: Vec<[Cell; CELLS]>,
}

impl<'a> RowImage<'a> {
    /// Decides how the rows are laid out. The same input gives the same image, whatever the number of threads.
    ///
    /// # Errors
    ///
    /// What no search could be exact about; see [`RowBuildError`].
    pub fn plan(rows: Rows<'a>, options: RowOptions<'a, '_>, progress: &Progress<'_>) -> Result<Self, RowBuildError> {
        let weights = check(&rows, &options)?;
        let choice = match options.method {
            Some(method) => Choice::given(method),
            None => choose::choose(rows, &weights, progress),
        };
        Ok(Self::with(rows, &weights, options, choice, progress))
    }

    /// For options that were checked.
    fn with(
        rows: Rows<'a>,
        weights: &[f64],
        options: RowOptions<'a, '_>,
        choice: Choice,
        progress: &Progress<'_>,
    ) -> Self {
        let dimensions = dimensions(&rows, weights);
        let varying = dimensions.iter().filter(|dimension| dimension.lower < dimension.upper).count();
        let method = choice.method;
        progress("distinct", 0, 0);
        let Distinct { lowest, copies } = distinct::distinct(&rows);
        let slots = match method {
            Method::CellScan => lowest,
            Method::GridTree | Method::FloatTree => {
                let mut points: Vec<u64> = lowest.into_iter().map(u64::from).collect();
                partition::partition(&mut points, rows, weights, progress);
                points.into_iter().map(|point| point as u32).collect()
            }
        };
        let (copies, copied_rows) = by_slot(&slots, &copies);
        let (encoder, step) = match method {
            Method::GridTree => {
                let grid = Grid::new(&dimensions);
                let step = grid.step();
                (Encoder::Grid(grid), step)
            }
            Method::FloatTree | Method::CellScan => (Encoder::floats(&dimensions), 1.0),
        };
        let row = |slot: usize| rows.row(slots[slot] as usize);
        let error = match method {
            Method::GridTree => {
                (0..slots.len()).into_par_iter().map(|slot| encoder.words(row(slot)).1).reduce(|| 0.0, f64::max)
            }
            Method::FloatTree | Method::CellScan => 0.0,
        };
        let (links, boxes, cells) = if method == Method::CellScan {
            let choose = |place: usize| cells::choose(slots.len(), |slot| row(slot)[place]);
            (Vec::new(), Vec::new(), (0..dimensions.len()).into_par_iter().map(choose).collect())
        } else {
            let links = tree_links(slots.len().div_ceil(LANES));
            let boxes = encoder.boxes(&links, slots.len(), |slot| encoder.words(row(slot)).0);
            (links, boxes, Vec::new())
        };
        let shape = Shape {
            rows: rows.len() as u32,
            points: slots.len() as u32,
            dimensions: rows.dimensions() as u32,
            varying: varying as u32,
            method: method as u32,
            labels: options.labels.map_or(0, |_| options.label_count as u32),
            step,
            error,
        };
        let labels = options.labels;
        Self { rows, labels, shape, dimensions, choice, slots, copies, copied_rows, encoder, links, boxes, cells }
    }

    /// How points are found, and why.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// What there is how many of.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// The weights, if everything fits together.
fn check(rows: &Rows<'_>, options: &RowOptions<'_, '_>) -> Result<Vec<f64>, RowBuildError> {
    let dimensions = rows.dimensions();
    if rows.is_empty() {
        return Err(RowBuildError::NoRows);
    }
    if rows.len() > MAX_ROWS {
        return Err(RowBuildError::TooManyRows(rows.len()));
    }
    if dimensions > MAX_DIMENSIONS {
        return Err(RowBuildError::TooManyDimensions(dimensions));
    }
    let weights = options.weights.map_or_else(|| vec![1.0; dimensions], <[f64]>::to_vec);
    if weights.len() != dimensions {
        return Err(RowBuildError::Weights { weights: weights.len(), dimensions });
    }
    if let Some(dimension) = weights.iter().position(|weight| !(1e-30..=1e30).contains(weight)) {
        return Err(RowBuildError::Weight { dimension, weight: weights[dimension] });
    }
    if let Some(labels) = options.labels {
        if labels.len() != rows.len() {
            return Err(RowBuildError::Labels { labels: labels.len(), rows: rows.len() });
        }
        if let Some(row) = labels.iter().position(|label| usize::from(*label) >= options.label_count) {
            return Err(RowBuildError::Label { row, label: labels[row], labels: options.label_count });
        }
    }
    if options.method == Some(Method::FloatTree) && weights.iter().any(|weight| *weight != 1.0) {
        return Err(RowBuildError::WeightedFloats);
    }
    Ok(weights)
}

fn dimensions(rows: &Rows<'_>, weights: &[f64]) -> Vec<Dimension> {
    let of = |(place, weight): (usize, &f64)| {
        let values = || rows.iter().map(|row| row[place] + 0.0);
        let (lower, upper) = (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
        Dimension { weight: *weight, lower, upper }
    };
    weights.par_iter().enumerate().map(of).collect()
}

/// The copies of (lowest row, further row) by the slots of their points.
fn by_slot(slots: &[u32], copies: &[(u32, u32)]) -> (Vec<Copies>, Vec<u32>) {
    let (mut by_slot, mut rows) = (Vec::new(), Vec::new());
    if copies.is_empty() {
        return (by_slot, rows);
    }
    for (slot, row) in slots.iter().enumerate() {
        let start = copies.partition_point(|(lowest, _)| lowest < row);
        let more = copies[start..].iter().take_while(|(lowest, _)| lowest == row).map(|(_, further)| *further);
        let before = rows.len();
        rows.extend(more);
        if rows.len() > before {
            by_slot.push(Copies { slot: slot as u32, start: before as u32 });
        }
    }
    (by_slot, rows)
}
