//! What an image of rows must be before anything is looked up in it.
//!
//! Whatever follows from something else is computed from it and compared: the tree's shape from the number of points, boxes from
//! points, places on the grid from values. So an image that passes is, but for the order of its points, the one that the builder
//! makes of its values.

use space::Progress;

use super::cells;
use super::encoder::Encoder;
use super::error::RowImageError;
use super::layout::{CODE_LANES, Dimension, MAX_DIMENSIONS, Method, label_masks, tree_links};
use super::row_index::RowIndex;
use super::sections::Sections;
use crate::lanes::LANES;

/// So many points are checked between two calls of the progress.
const PIECE: usize = 1 << 14;

/// Checks everything that reading the sections has not.
pub(super) fn validate(index: &RowIndex<'_>, progress: &Progress<'_>) -> Result<(), RowImageError> {
    let points = index.sections.shape.points as usize;
    let mut error = 0.0f64;
    let (mut lower, mut upper) = ([f32::INFINITY; MAX_DIMENSIONS], [f32::NEG_INFINITY; MAX_DIMENSIONS]);
    for slot in 0..points {
        if slot.is_multiple_of(PIECE) {
            progress("points", slot as u64, points as u64);
        }
        let values = index.values(slot);
        for (place, value) in values.iter().enumerate() {
            if !value.is_finite() {
                return Err(RowImageError::Point { slot, what: "a value is not finite" });
            }
            (lower[place], upper[place]) = (lower[place].min(*value), upper[place].max(*value));
        }
        error = error.max(check_point(index, slot, &values)?);
    }
    progress("points", points as u64, points as u64);
    for (dimension, Dimension { lower: least, upper: greatest, .. }) in index.sections.dimensions.iter().enumerate() {
        // Of a value that was rounded nothing else is known.
        if !index.sections.grid_is_truth && (lower[dimension], upper[dimension]) != (*least, *greatest) {
            return Err(RowImageError::Dimension { dimension, what: "no point has its least or its greatest value" });
        }
    }
    check_step(index, error)?;
    check_padding(index)?;
    check_rows(index)?;
    check_tree(index)
}

/// Compares what is searched with the values; returns how far off the point is.
fn check_point(index: &RowIndex<'_>, slot: usize, values: &[f32]) -> Result<f64, RowImageError> {
    let sections = &index.sections;
    if sections.method == Method::CellScan {
        let columns = values.len().div_ceil(2);
        let codes = &sections.codes[slot / CODE_LANES * columns..][..columns];
        for (dimension, value) in values.iter().enumerate() {
            let code = codes[dimension / 2][slot % CODE_LANES] >> (4 * (dimension % 2)) & 15;
            let cell = sections.cells[dimension][usize::from(code)];
            if !(cell.lower <= *value && *value <= cell.upper) {
                return Err(RowImageError::Point { slot, what: "a value is not in its cell" });
            }
            if code != cells::code(&sections.cells[dimension], *value) {
                return Err(RowImageError::Point { slot, what: "a value is in two cells" });
            }
        }
    }
    match &sections.encoder {
        Encoder::Grid(grid) if sections.grid_is_truth => grid
            .error_of_values(&index.words(slot))
            .ok_or(RowImageError::Point { slot, what: "its place is not on the grid" }),
        Encoder::Floats(_) if sections.method == Method::CellScan => Ok(0.0),
        encoder => {
            let (words, error) = encoder.words(values);
            if words == index.words(slot) {
                Ok(error)
            } else {
                Err(RowImageError::Point { slot, what: "its columns are not those of its values" })
            }
        }
    }
}

fn check_step(index: &RowIndex<'_>, error: f64) -> Result<(), RowImageError> {
    let step = match &index.sections.encoder {
        Encoder::Grid(grid) => grid.step(),
        Encoder::Floats(_) => 1.0,
    };
    for (field, found, required) in
        [("step", index.sections.shape.step, step), ("error", index.sections.shape.error, error)]
    {
        if found != required {
            return Err(RowImageError::Shape { field, found: found.to_bits() });
        }
    }
    Ok(())
}

/// Lanes without a point are zero.
fn check_padding(index: &RowIndex<'_>) -> Result<(), RowImageError> {
    let slot = index.sections.shape.points as usize;
    let columns = index.sections.encoder.columns();
    let block = index.sections.blocks.chunks_exact(columns.max(1)).last().unwrap_or_default();
    let codes = index.sections.codes.chunks_exact(index.dimensions().len().div_ceil(2)).last().unwrap_or_default();
    let (block_from, codes_from) = ((slot - 1) % LANES + 1, (slot - 1) % CODE_LANES + 1);
    let is_zero = block.iter().all(|column| column[block_from..].iter().all(|word| *word == 0))
        && codes.iter().all(|column| column[codes_from..].iter().all(|code| *code == 0));
    if is_zero { Ok(()) } else { Err(RowImageError::Point { slot, what: "is behind the last, and not zero" }) }
}

fn check_tree(index: &RowIndex<'_>) -> Result<(), RowImageError> {
    if index.sections.method == Method::CellScan {
        return Ok(());
    }
    let points = index.sections.shape.points as usize;
    let links = tree_links(points.div_ceil(LANES));
    if let Some(node) = (0..links.len()).find(|node| links[*node] != index.sections.links[*node]) {
        return Err(RowImageError::Link { node });
    }
    let boxes = index.sections.encoder.boxes(&links, points, |slot| index.words(slot));
    if let Some(place) = (0..boxes.len()).find(|place| boxes[*place] != index.sections.boxes[*place]) {
        return Err(RowImageError::Box { place });
    }
    if index.sections.label_masks.is_empty() {
        return Ok(());
    }
    let masks = label_masks(&links, points, |slot| index.labels_of(slot));
    match (0..masks.len()).find(|node| masks[*node] != index.sections.label_masks[*node]) {
        Some(node) => Err(RowImageError::LabelMasks { node }),
        None => Ok(()),
    }
}

/// Each row is one point's, once, and the lowest of it stands with it.
fn check_rows(index: &RowIndex<'_>) -> Result<(), RowImageError> {
    let mut seen = vec![false; index.sections.shape.rows as usize];
    let mut see = |row: u32| match seen.get_mut(row as usize) {
        Some(seen) if !*seen => {
            *seen = true;
            Ok(())
        }
        Some(_) => Err(RowImageError::Row { row, what: "is there twice" }),
        None => Err(RowImageError::Row { row, what: "is above the last" }),
    };
    index.sections.rows.iter().try_for_each(|row| see(*row))?;
    let (copies, rows) = (index.sections.copies, index.sections.copied_rows);
    rows.iter().try_for_each(|row| see(*row))?;
    let mut start = 0;
    for (place, of) in copies.iter().enumerate() {
        let end = copies.get(place + 1).map_or(rows.len(), |next| next.start as usize);
        let is_next = place == 0 || copies[place - 1].slot < of.slot;
        let own = rows.get(start..end).filter(|own| !own.is_empty() && of.start as usize == start && is_next);
        let (Some(own), Some(lowest)) = (own, index.sections.rows.get(of.slot as usize)) else {
            return Err(RowImageError::Row { row: of.start, what: "begins no point's copies" });
        };
        if !(own.is_sorted_by(|a, b| a < b) && *lowest < own[0]) {
            return Err(RowImageError::Row { row: *lowest, what: "is not below its copies" });
        }
        start = end;
    }
    if start != rows.len() {
        return Err(RowImageError::Row { row: start as u32, what: "begins copies of no point" });
    }
    let Sections { labels, shape, .. } = &index.sections;
    let wrong = labels.and_then(|labels| labels.iter().position(|label| u32::from(*label) >= shape.labels));
    match wrong {
        Some(row) => Err(RowImageError::Row { row: row as u32, what: "has a label that there is not" }),
        None => Ok(()),
    }
}
