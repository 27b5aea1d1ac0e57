//! Everything that is decided about an image before it is written.

use rayon::prelude::*;
use space::{Progress, Rows};

use super::choice::Choice;
use super::distinct::{self, Distinct};
use super::options::RowOptions;
use super::partition;
use crate::knn::cells;
use crate::knn::encoder::Encoder;
use crate::knn::grid::Grid;
use crate::knn::layout::{
    self, BoxColumn, CELLS, Cell, Copies, Dimension, GRID_IS_TRUTH, LabelMasks, Link, Method, Shape, tree_links,
};
use crate::lanes::LANES;

/// An image to be written: everything that is decided about it.
pub struct RowImage<'a> {
    pub(super) rows: Rows<'a>,
    pub(super) labels: Option<&'a [u8]>,
    pub(super) shape: Shape,
    pub(super) dimensions: Vec<Dimension>,
    pub(super) choice: Choice,
    pub(super) grid_is_truth: bool,
    /// By slot, its point's lowest row.
    pub(super) slots: Vec<u32>,
    pub(super) copies: Vec<Copies>,
    pub(super) copied_rows: Vec<u32>,
    pub(super) encoder: Encoder,
    pub(super) links: Vec<Link>,
    pub(super) boxes: Vec<BoxColumn>,
    pub(super) label_masks: Vec<LabelMasks>,
    pub(super) cells: Vec<[Cell; CELLS]>,
}

/// What is decided before points are ordered.
pub(super) struct Decided {
    pub dimensions: Vec<Dimension>,
    pub choice: Choice,
    /// Whether the rows were moved to the grid of these dimensions.
    pub grid_is_truth: bool,
}

impl<'a> RowImage<'a> {
    /// For options that were checked.
    pub(super) fn with(rows: Rows<'a>, options: RowOptions<'a, '_>, decided: Decided, progress: &Progress<'_>) -> Self {
        let Decided { dimensions, choice, grid_is_truth } = decided;
        let varying = dimensions.iter().filter(|dimension| dimension.lower < dimension.upper).count();
        let method = choice.method;
        progress("distinct", 0, 0);
        let Distinct { lowest, copies } = distinct::distinct(&rows);
        let slots = match method {
            Method::CellScan => lowest,
            Method::GridTree | Method::FloatTree => {
                let mut points: Vec<u64> = lowest.into_iter().map(u64::from).collect();
                let weights: Vec<f64> = dimensions.iter().map(|dimension| dimension.weight).collect();
                partition::partition(&mut points, rows, &weights, progress);
                points.into_iter().map(|point| point as u32).collect()
            }
        };
        let (copies, copied_rows) = by_slot(&slots, &copies);
        let (encoder, step) = if method == Method::GridTree || grid_is_truth {
            let grid = Grid::new(&dimensions);
            let step = grid.step();
            (Encoder::Grid(grid), step)
        } else {
            (Encoder::floats(&dimensions), 1.0)
        };
        let row = |slot: usize| rows.row(slots[slot] as usize);
        // Of a rounded row its place is a place of the grid, and its values are that place's.
        let error = match &encoder {
            Encoder::Grid(_) => {
                (0..slots.len()).into_par_iter().map(|slot| encoder.words(row(slot)).1).reduce(|| 0.0, f64::max)
            }
            Encoder::Floats(_) => 0.0,
        };
        let (links, boxes, cells) = if method == Method::CellScan {
            let choose = |place: usize| cells::choose(slots.len(), |slot| row(slot)[place]);
            (Vec::new(), Vec::new(), (0..dimensions.len()).into_par_iter().map(choose).collect())
        } else {
            let links = tree_links(slots.len().div_ceil(LANES));
            let boxes = encoder.boxes(&links, slots.len(), |slot| encoder.words(row(slot)).0);
            (links, boxes, Vec::new())
        };
        let label_masks = match options.labels {
            Some(labels) if options.label_count == 2 => layout::label_masks(&links, slots.len(), |slot| {
                labels_of(slot, labels, &slots, (&copies, &copied_rows))
            }),
            _ => Vec::new(),
        };
        let shape = Shape {
            rows: rows.len() as u32,
            points: slots.len() as u32,
            dimensions: rows.dimensions() as u32,
            varying: varying as u32,
            method: method as u32 | if grid_is_truth { GRID_IS_TRUTH } else { 0 },
            labels: options.labels.map_or(0, |_| options.label_count as u32),
            step,
            error,
        };
        let labels = options.labels;
        Self {
            rows,
            labels,
            shape,
            dimensions,
            choice,
            grid_is_truth,
            slots,
            copies,
            copied_rows,
            encoder,
            links,
            boxes,
            label_masks,
            cells,
        }
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

pub(super) fn dimensions(rows: &Rows<'_>, weights: &[f64]) -> Vec<Dimension> {
    let of = |(place, weight): (usize, &f64)| {
        let values = || rows.iter().map(|row| row[place] + 0.0);
        let (lower, upper) = (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
        Dimension { weight: *weight, lower, upper }
    };
    weights.par_iter().enumerate().map(of).collect()
}

/// A bit for each of two labels that a row of the slot's point has.
fn labels_of(slot: usize, labels: &[u8], slots: &[u32], (copies, rows): (&[Copies], &[u32])) -> u8 {
    let label = |row: &u32| 1 << labels[*row as usize];
    let further = copies.binary_search_by_key(&(slot as u32), |copies| copies.slot).map_or(&[][..], |place| {
        let end = copies.get(place + 1).map_or(rows.len(), |next| next.start as usize);
        &rows[copies[place].start as usize..end]
    });
    further.iter().fold(label(&slots[slot]), |all, row| all | label(row))
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
