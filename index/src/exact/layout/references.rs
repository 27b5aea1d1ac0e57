//! Which reference each lane of each block is. Read only to settle ties and to name neighbours.

use crate::lanes::LANES;

/// The references of blocks, each in as few whole bytes as the largest needs.
#[derive(Clone, Copy)]
pub(crate) struct References<'a> {
    bytes: &'a [u8],
    width: usize,
}

/// In place of a reference: the lane holds no point.
pub(crate) const NO_REFERENCE: u32 = u32::MAX;

/// Bytes of a reference in an image of so many: one value is left over for empty lanes.
pub(crate) fn reference_width(references: u32) -> usize {
    if references < 1 << 24 { 3 } else { 4 }
}

impl<'a> References<'a> {
    /// `bytes` holds whole rows of 16 for an image of `references`.
    pub(crate) fn new(bytes: &'a [u8], references: u32) -> Self {
        Self { bytes, width: reference_width(references) }
    }

    /// Whole rows.
    pub(crate) fn blocks(&self) -> usize {
        self.bytes.len() / (LANES * self.width)
    }

    /// Whether a row was cut off.
    pub(crate) fn is_whole(&self) -> bool {
        self.bytes.len().is_multiple_of(LANES * self.width)
    }

    /// The reference of a lane, or [`NO_REFERENCE`].
    pub(crate) fn get(&self, block: usize, lane: usize) -> u32 {
        let start = (block * LANES + lane) * self.width;
        let bytes = &self.bytes[start..start + self.width];
        let value = bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
        if value == NO_REFERENCE >> (32 - 8 * self.width) { NO_REFERENCE } else { value }
    }
}

/// Adds a row to `bytes`.
pub(crate) fn write_references(row: &[u32; LANES], width: usize, bytes: &mut Vec<u8>) {
    row.iter().for_each(|reference| bytes.extend_from_slice(&reference.to_le_bytes()[..width]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_in_both_widths() {
        for references in [5, (1 << 24) - 1, 1 << 24, crate::format::MAX_REFERENCES] {
            let width = reference_width(references);
            let rows = [[NO_REFERENCE; LANES], std::array::from_fn(|lane| references - 1 - lane.min(4) as u32)];
            let mut bytes = Vec::new();
            rows.iter().for_each(|row| write_references(row, width, &mut bytes));
            let read = References::new(&bytes, references);
            assert!(read.is_whole() && !References::new(&bytes[1..], references).is_whole());
            assert_eq!(read.blocks(), 2);
            for (block, row) in rows.iter().enumerate() {
                assert!((0..LANES).all(|lane| read.get(block, lane) == row[lane]), "{references}");
            }
        }
    }
}
