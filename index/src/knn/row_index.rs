//! An index of rows over the sections of an image.

use arrayvec::ArrayVec;
use serde::Serialize;
use simd::InstructionSet;
use space::row_distance;

use super::encoder::{Encoder, Words};
use super::error::RowImageError;
use super::layout::{CODE_LANES, Dimension, MAX_DIMENSIONS, Method, Shape};
use super::sections::Sections;
use crate::format::Container;
use crate::kernel::RowKernel;
use crate::lanes::LANES;

/// An index of rows over borrowed bytes that were checked from end to end.
pub struct RowIndex<'a> {
    pub(super) container: Container<'a>,
    pub(super) kernel: InstructionSet,
    pub(super) sections: Sections<'a>,
    /// Of the dimensions, as [`row_distance`] takes them.
    weights: ArrayVec<f64, MAX_DIMENSIONS>,
}

/// What an index of rows holds; serialized, it is the JSON that people's scripts read.
#[derive(Clone, Debug, Serialize)]
pub struct RowInfo {
    /// Format version.
    pub version: u32,
    /// Bytes of the image.
    pub bytes: u64,
    /// XXH3-64 in hexadecimal.
    pub checksum: String,
    /// Rows it was built of.
    pub rows: u32,
    /// Points: rows without their copies.
    pub points: u32,
    /// Values of a row.
    pub dimensions: u32,
    /// Labels that a row can have; 0 if rows have none.
    pub labels: u32,
    /// How points are found.
    pub method: &'static str,
    /// Whether values given are rounded to the grid and nothing else is kept.
    pub grid_is_truth: bool,
    /// The kernel this machine answers with.
    pub kernel: &'static str,
    /// Bytes of the image over rows.
    pub bytes_per_row: f64,
    /// Bytes of what every search may read, over rows: without the values given and the rows' numbers, which it reads for a few
    /// points only.
    pub searched_bytes_per_row: f64,
    /// What the farthest point is off the grid by, in weighted units; 0 without a grid. Where the grid is the truth, the most that
    /// a row given may have been moved by.
    pub rounding: f64,
}

impl<'a> RowIndex<'a> {
    /// The index over sections whose lengths were checked.
    pub(super) fn assemble(container: Container<'a>, kernel: InstructionSet) -> Result<Self, RowImageError> {
        let sections = Sections::read(&container)?;
        let weights = sections.dimensions.iter().map(|dimension| dimension.weight).collect();
        Ok(Self { container, kernel, sections, weights })
    }

    /// What there is how many of.
    pub fn shape(&self) -> &Shape {
        &self.sections.shape
    }

    /// What there is to say about each dimension.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.sections.dimensions
    }

    /// The label of a row, counted from 0, if rows have labels.
    pub fn label(&self, row: u32) -> Option<u8> {
        self.sections.labels.map(|labels| labels[row as usize])
    }

    /// The rows of the point at a slot, ascending.
    pub fn rows_of(&self, slot: usize) -> impl Iterator<Item = u32> + use<'a> {
        std::iter::once(self.sections.rows[slot]).chain(self.copies_of(slot).iter().copied())
    }

    /// A bit for each label of the rows of the point at a slot, of two labels.
    #[inline(always)]
    pub(super) fn labels_of(&self, slot: usize) -> u8 {
        self.rows_of(slot).filter_map(|row| self.label(row)).fold(0, |labels, label| labels | 1 << (label & 1))
    }

    /// The bytes of a section that is no concern of the search.
    pub fn further_section(&self, kind: u32) -> Option<&'a [u8]> {
        self.container.section(kind)
    }

    /// Whether there are no other values than those of places on the grid.
    pub fn grid_is_truth(&self) -> bool {
        self.sections.grid_is_truth
    }

    /// The values of the point at a slot: as they were given, 0 for -0, or those of its place if the grid is the truth.
    pub fn values(&self, slot: usize) -> ArrayVec<f32, MAX_DIMENSIONS> {
        let Sections { values, dimensions, encoder, .. } = &self.sections;
        if !values.is_empty() {
            return values[slot * dimensions.len()..][..dimensions.len()].iter().copied().collect();
        }
        let mut decoded: ArrayVec<f32, MAX_DIMENSIONS> = dimensions.iter().map(|dimension| dimension.lower).collect();
        let words = self.words(slot);
        match encoder {
            Encoder::Grid(grid) => grid.values(&words, &mut decoded),
            Encoder::Floats(varying) => {
                varying.iter().zip(words).for_each(|(dimension, word)| decoded[*dimension] = f32::from_bits(word));
            }
        }
        decoded
    }

    /// The words of the point at a slot: of a tree from its block, of a scan from its place on the grid.
    #[inline(always)]
    pub(super) fn words(&self, slot: usize) -> Words {
        let Sections { encoder, blocks, places, .. } = &self.sections;
        let columns = encoder.columns();
        match self.sections.method {
            Method::CellScan => places[slot * columns..][..columns].iter().copied().collect(),
            _ => blocks[slot / LANES * columns..][..columns].iter().map(|column| column[slot % LANES]).collect(),
        }
    }

    /// [`row_distance`] from a row to the point at a slot.
    #[inline(always)]
    pub(super) fn distance(&self, row: &[f32], slot: usize) -> f64 {
        let values = self.sections.values;
        if values.is_empty() {
            row_distance(row, &self.values(slot), &self.weights)
        } else {
            row_distance(row, &values[slot * row.len()..][..row.len()], &self.weights)
        }
    }

    /// Asks memory for the values of the point at a slot.
    #[inline(always)]
    pub(super) fn prefetch_values<K: RowKernel>(&self, kernel: K, slot: usize) {
        let Sections { values, places, dimensions, encoder, .. } = &self.sections;
        if let Some(values) = values.get(slot * dimensions.len()..(slot + 1) * dimensions.len()) {
            kernel.prefetch(values, size_of_val(values));
        } else if let Some(places) = places.get(slot * encoder.columns()..(slot + 1) * encoder.columns()) {
            kernel.prefetch(places, size_of_val(places));
        }
    }

    /// The rows of a slot's point without the lowest, ascending.
    #[inline(always)]
    pub(super) fn copies_of(&self, slot: usize) -> &'a [u32] {
        let Sections { copies, copied_rows, .. } = &self.sections;
        match copies.binary_search_by_key(&slot, |copies| copies.slot as usize) {
            Ok(place) => {
                let end = copies.get(place + 1).map_or(copied_rows.len(), |next| next.start as usize);
                &copied_rows[copies[place].start as usize..end]
            }
            Err(_) => &[],
        }
    }

    /// A bit for each point of a block of a tree.
    #[inline(always)]
    pub(super) fn block_lanes(&self, block: usize) -> u16 {
        let points = self.sections.shape.points as usize - block * LANES;
        if points >= LANES { u16::MAX } else { (1 << points) - 1 }
    }

    /// A bit for each point of a block of a scan.
    #[inline(always)]
    pub(super) fn code_lanes(&self, block: usize) -> u64 {
        let points = self.sections.shape.points as usize - block * CODE_LANES;
        if points >= CODE_LANES { u64::MAX } else { (1 << points) - 1 }
    }

    /// What the index holds.
    pub fn info(&self) -> RowInfo {
        let header = self.container.header();
        let Sections { shape, method, grid_is_truth, links, boxes, blocks, codes, .. } = &self.sections;
        let rows = f64::from(shape.rows);
        let searched = size_of_val(*links) + size_of_val(*boxes) + size_of_val(*blocks) + size_of_val(*codes);
        // A value is at most half a step from its place, in each dimension.
        let rounding = if *grid_is_truth { 0.5 * f64::from(shape.varying).sqrt() } else { shape.error };
        RowInfo {
            version: header.version,
            bytes: header.image_bytes,
            checksum: format!("{:016x}", header.checksum),
            rows: shape.rows,
            points: shape.points,
            dimensions: shape.dimensions,
            labels: shape.labels,
            method: method.name(),
            grid_is_truth: *grid_is_truth,
            kernel: self.kernel.name(),
            bytes_per_row: header.image_bytes as f64 / rows,
            searched_bytes_per_row: searched as f64 / rows,
            rounding: rounding * shape.step,
        }
    }
}
