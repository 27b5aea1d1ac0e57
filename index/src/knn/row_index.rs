//! An index of rows over the sections of an image.

use arrayvec::ArrayVec;
use serde::Serialize;
use simd::InstructionSet;
use space::row_distance;

use super::encoder::Encoder;
use super::error::RowImageError;
use super::layout::{
    BoxColumn, CELLS, CODE_LANES, Cell, CodeColumn, Column, Copies, Dimension, Link, MAX_DIMENSIONS, Method, Shape,
};
use super::sections::Sections;
use crate::format::Container;
use crate::kernel::RowKernel;
use crate::lanes::LANES;

/// An index of rows over borrowed bytes that were checked from end to end.
pub struct RowIndex<'a> {
    pub(super) container: Container<'a>,
    pub(super) kernel: InstructionSet,
    pub(super) shape: Shape,
    pub(super) method: Method,
    pub(super) dimensions: ArrayVec<Dimension, MAX_DIMENSIONS>,
    /// The same, as [`row_distance`] takes them.
    weights: ArrayVec<f64, MAX_DIMENSIONS>,
    pub(super) encoder: Encoder,
    pub(super) links: &'a [Link],
    pub(super) boxes: &'a [BoxColumn],
    pub(super) blocks: &'a [Column],
    pub(super) codes: &'a [CodeColumn],
    pub(super) rows: &'a [u32],
    copies: &'a [Copies],
    copied_rows: &'a [u32],
    /// Row by row; none if the blocks hold them.
    pub(super) values: &'a [f32],
    pub(super) cells: &'a [[Cell; CELLS]],
    labels: Option<&'a [u8]>,
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
    /// The kernel this machine answers with.
    pub kernel: &'static str,
    /// Bytes of the image over rows.
    pub bytes_per_row: f64,
    /// Bytes of what every search may read, over rows: without the values given and the rows' numbers, which it reads for a few
    /// points only.
    pub searched_bytes_per_row: f64,
    /// What the farthest point is off the grid by, in weighted units; 0 without a grid.
    pub rounding: f64,
}

impl<'a> RowIndex<'a> {
    /// The index over sections whose lengths were checked.
    pub(super) fn assemble(container: Container<'a>, kernel: InstructionSet) -> Result<Self, RowImageError> {
        let Sections {
            shape,
            method,
            dimensions,
            encoder,
            links,
            boxes,
            blocks,
            codes,
            rows,
            copies,
            copied_rows,
            values,
            cells,
            labels,
        } = Sections::read(&container)?;
        let weights = dimensions.iter().map(|dimension| dimension.weight).collect();
        Ok(Self {
            container,
            kernel,
            shape,
            method,
            dimensions,
            weights,
            encoder,
            links,
            boxes,
            blocks,
            codes,
            rows,
            copies,
            copied_rows,
            values,
            cells,
            labels,
        })
    }

    /// What there is how many of.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What there is to say about each dimension.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The label of a row, counted from 0, if rows have labels.
    pub fn label(&self, row: u32) -> Option<u8> {
        self.labels.map(|labels| labels[row as usize])
    }

    /// The rows of the point at a slot, ascending.
    pub fn rows_of(&self, slot: usize) -> impl Iterator<Item = u32> + use<'a> {
        std::iter::once(self.rows[slot]).chain(self.copies_of(slot).iter().copied())
    }

    /// The bytes of a section that is no concern of the search.
    pub fn further_section(&self, kind: u32) -> Option<&'a [u8]> {
        self.container.section(kind)
    }

    /// The values of the point at a slot, as they were given; 0 for -0.
    pub fn values(&self, slot: usize) -> ArrayVec<f32, MAX_DIMENSIONS> {
        match &self.encoder {
            Encoder::Floats(varying) if self.values.is_empty() => {
                let mut values: ArrayVec<f32, MAX_DIMENSIONS> =
                    self.dimensions.iter().map(|dimension| dimension.lower).collect();
                let columns = &self.blocks[slot / LANES * varying.len()..][..varying.len()];
                for (dimension, column) in varying.iter().zip(columns) {
                    values[*dimension] = f32::from_bits(column[slot % LANES]);
                }
                values
            }
            _ => self.values[slot * self.dimensions.len()..][..self.dimensions.len()].iter().copied().collect(),
        }
    }

    /// [`row_distance`] from a row to the point at a slot.
    #[inline(always)]
    pub(super) fn distance(&self, row: &[f32], slot: usize) -> f64 {
        if self.values.is_empty() {
            row_distance(row, &self.values(slot), &self.weights)
        } else {
            row_distance(row, &self.values[slot * row.len()..][..row.len()], &self.weights)
        }
    }

    /// Asks memory for the values of the point at a slot.
    #[inline(always)]
    pub(super) fn prefetch_values<K: RowKernel>(&self, kernel: K, slot: usize) {
        let dimensions = self.dimensions.len();
        if let Some(values) = self.values.get(slot * dimensions..(slot + 1) * dimensions) {
            kernel.prefetch(values, size_of_val(values));
        }
    }

    /// The rows of a slot's point without the lowest, ascending.
    #[inline(always)]
    pub(super) fn copies_of(&self, slot: usize) -> &'a [u32] {
        if self.copies.is_empty() {
            return &[];
        }
        match self.copies.binary_search_by_key(&slot, |copies| copies.slot as usize) {
            Ok(place) => {
                let end = self.copies.get(place + 1).map_or(self.copied_rows.len(), |next| next.start as usize);
                &self.copied_rows[self.copies[place].start as usize..end]
            }
            Err(_) => &[],
        }
    }

    pub(super) fn copies(&self) -> (&'a [Copies], &'a [u32]) {
        (self.copies, self.copied_rows)
    }

    pub(super) fn labels(&self) -> Option<&'a [u8]> {
        self.labels
    }

    /// A bit for each point of a block of a tree.
    #[inline(always)]
    pub(super) fn block_lanes(&self, block: usize) -> u16 {
        let points = self.shape.points as usize - block * LANES;
        if points >= LANES { u16::MAX } else { (1 << points) - 1 }
    }

    /// A bit for each point of a block of a scan.
    #[inline(always)]
    pub(super) fn code_lanes(&self, block: usize) -> u64 {
        let points = self.shape.points as usize - block * CODE_LANES;
        if points >= CODE_LANES { u64::MAX } else { (1 << points) - 1 }
    }

    /// What the index holds.
    pub fn info(&self) -> RowInfo {
        let header = self.container.header();
        let rows = f64::from(self.shape.rows);
        let searched =
            size_of_val(self.links) + size_of_val(self.boxes) + size_of_val(self.blocks) + size_of_val(self.codes);
        RowInfo {
            version: header.version,
            bytes: header.image_bytes,
            checksum: format!("{:016x}", header.checksum),
            rows: self.shape.rows,
            points: self.shape.points,
            dimensions: self.shape.dimensions,
            labels: self.shape.labels,
            method: self.method.name(),
            kernel: self.kernel.name(),
            bytes_per_row: header.image_bytes as f64 / rows,
            searched_bytes_per_row: searched as f64 / rows,
            rounding: self.shape.error * self.shape.step,
        }
    }
}
