//! The sections of an image, one after the other.

use std::io::{self, BufWriter, Write};

use bytemuck::Zeroable;

use super::row_image::RowImage;
use crate::format::{self, Section};
use crate::knn::cells;
use crate::knn::layout;
use crate::knn::layout::{CODE_LANES, CodeColumn, Column, Method, section};
use crate::lanes::LANES;

impl RowImage<'_> {
    /// Bytes of the image with these further sections, see [`RowImage::write`].
    pub fn bytes(&self, further: &[(u32, &[u8])]) -> u64 {
        format::image_bytes(&self.sections(further))
    }

    /// Writes the image; `further` are sections that are no concern of the search: kind (below 32) and bytes, ascending. Makes
    /// everything twice, so that nothing of it needs to be in memory and `out` need not seek.
    ///
    /// # Errors
    ///
    /// What `out` returns.
    pub fn write(&self, further: &[(u32, &[u8])], out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 18, out);
        format::write_image(layout::ENGINE, &self.sections(further), &mut out)?;
        out.flush()
    }

    fn sections<'s>(&'s self, further: &[(u32, &'s [u8])]) -> Vec<Section<'s>> {
        let mut sections: Vec<_> = further.iter().map(|(kind, bytes)| Section::of(*kind, bytes)).collect();
        sections.push(Section::of(section::SHAPE, bytemuck::bytes_of(&self.shape)));
        sections.push(Section::of(section::DIMENSIONS, bytemuck::cast_slice(&self.dimensions)));
        let is_scan = self.choice.method == Method::CellScan;
        if !is_scan {
            sections.push(Section::of(section::LINKS, bytemuck::cast_slice(&self.links)));
            sections.push(Section::of(section::BOXES, bytemuck::cast_slice(&self.boxes)));
        }
        sections.push(if is_scan { self.code_section() } else { self.block_section() });
        sections.push(Section::of(section::ROWS, bytemuck::cast_slice(&self.slots)));
        sections.push(Section::of(section::COPIES, bytemuck::cast_slice(&self.copies)));
        sections.push(Section::of(section::COPIED_ROWS, bytemuck::cast_slice(&self.copied_rows)));
        if self.choice.method != Method::FloatTree && !self.grid_is_truth {
            sections.push(self.value_section());
        }
        if is_scan {
            sections.push(Section::of(section::CELLS, bytemuck::cast_slice(&self.cells)));
        }
        sections.extend(self.labels.map(|labels| Section::of(section::LABELS, labels)));
        if is_scan && self.grid_is_truth {
            sections.push(self.place_section());
        }
        if !self.label_masks.is_empty() {
            sections.push(Section::of(section::LABEL_MASKS, bytemuck::cast_slice(&self.label_masks)));
        }
        sections
    }

    fn row(&self, slot: usize) -> &[f32] {
        self.rows.row(self.slots[slot] as usize)
    }

    fn block_section(&self) -> Section<'_> {
        let columns = self.encoder.columns();
        let blocks = self.slots.len().div_ceil(LANES);
        let write = move |out: &mut dyn Write| {
            let mut block = vec![Column::zeroed(); columns];
            for first in (0..self.slots.len()).step_by(LANES) {
                let slots = first..self.slots.len().min(first + LANES);
                self.encoder.block(slots.map(|slot| self.encoder.words(self.row(slot)).0), &mut block);
                out.write_all(bytemuck::cast_slice(&block))?;
            }
            Ok(())
        };
        let bytes = (blocks * columns * size_of::<Column>()) as u64;
        Section { kind: section::BLOCKS, bytes, write: Box::new(write) }
    }

    fn code_section(&self) -> Section<'_> {
        let columns = self.dimensions.len().div_ceil(2);
        let blocks = self.slots.len().div_ceil(CODE_LANES);
        let write = move |out: &mut dyn Write| {
            let mut block = vec![CodeColumn::zeroed(); columns];
            for first in (0..self.slots.len()).step_by(CODE_LANES) {
                block.fill(CodeColumn::zeroed());
                for slot in first..self.slots.len().min(first + CODE_LANES) {
                    for (dimension, value) in self.row(slot).iter().enumerate() {
                        let code = cells::code(&self.cells[dimension], *value + 0.0);
                        block[dimension / 2][slot - first] |= code << (4 * (dimension % 2));
                    }
                }
                out.write_all(bytemuck::cast_slice(&block))?;
            }
            Ok(())
        };
        let bytes = (blocks * columns * size_of::<CodeColumn>()) as u64;
        Section { kind: section::BLOCKS, bytes, write: Box::new(write) }
    }

    fn place_section(&self) -> Section<'_> {
        let write = move |out: &mut dyn Write| {
            (0..self.slots.len())
                .try_for_each(|slot| out.write_all(bytemuck::cast_slice(&self.encoder.words(self.row(slot)).0)))
        };
        let bytes = (self.slots.len() * self.encoder.columns() * size_of::<u32>()) as u64;
        Section { kind: section::PLACES, bytes, write: Box::new(write) }
    }

    fn value_section(&self) -> Section<'_> {
        let write = move |out: &mut dyn Write| {
            let mut row = Vec::with_capacity(self.dimensions.len());
            for slot in 0..self.slots.len() {
                row.clear();
                // A sum with 0 makes 0 of -0.
                row.extend(self.row(slot).iter().map(|value| value + 0.0));
                out.write_all(bytemuck::cast_slice(&row))?;
            }
            Ok(())
        };
        let bytes = (self.slots.len() * self.dimensions.len() * size_of::<f32>()) as u64;
        Section { kind: section::VALUES, bytes, write: Box::new(write) }
    }
}
