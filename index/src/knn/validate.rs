//! What an image of rows must be before anything is looked up in it.
//!
//! Whatever follows from something else is computed from it and compared: the tree's shape from the number of points, boxes from
//! points, places on the grid from values. So an image that passes is, but for the order of its points, the one that the builder
//! makes of its values.

use arrayvec::ArrayVec;
use bytemuck::Pod;
use space::Progress;

use super::cells;
use super::encoder::{Encoder, Words};
use super::grid::Grid;
use super::image::{ENGINE, RowIndex};
use super::layout::{
    BoxColumn, CELLS, CODE_LANES, Cell, CodeColumn, Column, Copies, Dimension, Link, MAX_DIMENSIONS, Method, Shape,
    section, tree_links,
};
use crate::format::{Container, FormatError};
use crate::lanes::LANES;

/// Why an image of rows is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each variant is its documentation, the fields are its words")]
pub enum RowImageError {
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("the index is for the engine `{found}`, this one is `knn`")]
    Engine { found: String },
    #[error("the index lies at an address that is no multiple of 4")]
    Misaligned,
    #[error("the shape's {field} is {found}")]
    Shape { field: &'static str, found: u64 },
    #[error("dimension {dimension}: {what}")]
    Dimension { dimension: usize, what: &'static str },
    #[error("node {node} leads elsewhere than in a tree of so many blocks")]
    Link { node: usize },
    #[error("box {place} is not the smallest around its points")]
    Box { place: usize },
    #[error("the point at slot {slot}: {what}")]
    Point { slot: usize, what: &'static str },
    #[error("row {row} {what}")]
    Row { row: u32, what: &'static str },
}

/// The sections as records, with the lengths that the shape asks for.
pub(super) struct Sections<'a> {
    pub shape: Shape,
    pub method: Method,
    pub dimensions: ArrayVec<Dimension, MAX_DIMENSIONS>,
    pub encoder: Encoder,
    pub links: &'a [Link],
    pub boxes: &'a [BoxColumn],
    pub blocks: &'a [Column],
    pub codes: &'a [CodeColumn],
    pub rows: &'a [u32],
    pub copies: &'a [Copies],
    pub copied_rows: &'a [u32],
    pub values: &'a [f32],
    pub cells: &'a [[Cell; CELLS]],
    pub labels: Option<&'a [u8]>,
}

impl<'a> Sections<'a> {
    pub(super) fn read(container: &Container<'a>) -> Result<Self, RowImageError> {
        if container.engine() != ENGINE {
            return Err(RowImageError::Engine { found: container.engine().to_owned() });
        }
        let (shape, method) = read_shape(container)?;
        let dimensions = read_dimensions(container, &shape)?;
        let encoder = match method {
            Method::GridTree => Encoder::Grid(Grid::new(&dimensions)),
            Method::FloatTree | Method::CellScan => Encoder::floats(&dimensions),
        };
        let (points, values) = (shape.points as usize, dimensions.len());
        let (is_scan, columns) = (method == Method::CellScan, encoder.columns());
        let tree_blocks = if is_scan { 0 } else { points.div_ceil(LANES) };
        let nodes = (!is_scan).then(|| tree_links(tree_blocks).len());
        let links: &[Link] = records(container, section::LINKS, nodes)?;
        let codes = if is_scan { points.div_ceil(CODE_LANES) * values.div_ceil(2) } else { 0 };
        let copied = shape.rows - shape.points;
        let copies: &[Copies] = any_records(container, section::COPIES)?;
        Ok(Self {
            links,
            boxes: records(container, section::BOXES, (!is_scan).then_some(links.len() * columns))?,
            // The section holds one or the other.
            blocks: if is_scan { &[] } else { records(container, section::BLOCKS, Some(tree_blocks * columns))? },
            codes: if is_scan { records(container, section::BLOCKS, Some(codes))? } else { &[] },
            rows: records(container, section::ROWS, Some(points))?,
            copies,
            copied_rows: records(container, section::COPIED_ROWS, Some(copied as usize))?,
            values: records(container, section::VALUES, (method != Method::FloatTree).then_some(points * values))?,
            cells: records(container, section::CELLS, is_scan.then_some(values))?,
            labels: match shape.labels {
                0 => {
                    records::<u8>(container, section::LABELS, None)?;
                    None
                }
                _ => Some(records(container, section::LABELS, Some(shape.rows as usize))?),
            },
            shape,
            method,
            dimensions,
            encoder,
        })
    }
}

/// A section that must have so many records, or be missing.
fn records<'a, T: Pod>(container: &Container<'a>, kind: u32, count: Option<usize>) -> Result<&'a [T], RowImageError> {
    let (bytes, required) = match (container.section(kind), count) {
        (None, None) => return Ok(&[]),
        (None, Some(_)) => return Err(FormatError::SectionMissing { kind }.into()),
        (Some(bytes), count) => (bytes, (count.unwrap_or(0) * size_of::<T>()) as u64),
    };
    if bytes.len() as u64 != required {
        return Err(FormatError::SectionBytes { kind, bytes: bytes.len() as u64, required }.into());
    }
    bytemuck::try_cast_slice(bytes).map_err(|_| RowImageError::Misaligned)
}

/// A section of any number of records.
fn any_records<'a, T: Pod>(container: &Container<'a>, kind: u32) -> Result<&'a [T], RowImageError> {
    let bytes = container.section(kind).map_or(0, <[u8]>::len);
    records(container, kind, Some(bytes / size_of::<T>()))
}

fn read_shape(container: &Container<'_>) -> Result<(Shape, Method), RowImageError> {
    let kind = section::SHAPE;
    let bytes = container.section(kind).ok_or(FormatError::SectionMissing { kind })?;
    if bytes.len() != size_of::<Shape>() {
        let required = size_of::<Shape>() as u64;
        return Err(FormatError::SectionBytes { kind, bytes: bytes.len() as u64, required }.into());
    }
    let shape: Shape = bytemuck::pod_read_unaligned(bytes);
    let refuse = |field, found: u32| Err(RowImageError::Shape { field, found: u64::from(found) });
    let Some(method) = Method::ALL.into_iter().find(|method| *method as u32 == shape.method) else {
        return refuse("method", shape.method);
    };
    if !(1..1 << 31).contains(&shape.rows) {
        return refuse("rows", shape.rows);
    }
    if !(1..=shape.rows).contains(&shape.points) {
        return refuse("points", shape.points);
    }
    if !(1..=MAX_DIMENSIONS as u32).contains(&shape.dimensions) {
        return refuse("dimensions", shape.dimensions);
    }
    if shape.labels > 256 {
        return refuse("labels", shape.labels);
    }
    Ok((shape, method))
}

fn read_dimensions(
    container: &Container<'_>,
    shape: &Shape,
) -> Result<ArrayVec<Dimension, MAX_DIMENSIONS>, RowImageError> {
    let (kind, required) = (section::DIMENSIONS, shape.dimensions as usize * size_of::<Dimension>());
    let bytes = container.section(kind).ok_or(FormatError::SectionMissing { kind })?;
    if bytes.len() != required {
        return Err(FormatError::SectionBytes { kind, bytes: bytes.len() as u64, required: required as u64 }.into());
    }
    let read = bytes.chunks_exact(size_of::<Dimension>()).map(bytemuck::pod_read_unaligned::<Dimension>);
    let dimensions: ArrayVec<Dimension, MAX_DIMENSIONS> = read.collect();
    for (dimension, Dimension { weight, lower, upper }) in dimensions.iter().enumerate() {
        let refuse = |what| Err(RowImageError::Dimension { dimension, what });
        if !(1e-30..=1e30).contains(weight) {
            return refuse("its weight is not from 1e-30 to 1e30");
        }
        if !(lower.is_finite() && upper.is_finite() && lower <= upper) {
            return refuse("its least value is above its greatest");
        }
        if shape.method == Method::FloatTree as u32 && *weight != 1.0 {
            return refuse("floats take no weights");
        }
    }
    let varying = dimensions.iter().filter(|dimension| dimension.lower < dimension.upper).count();
    if varying != shape.varying as usize {
        return Err(RowImageError::Shape { field: "varying", found: u64::from(shape.varying) });
    }
    Ok(dimensions)
}

/// So many points are checked between two calls of the progress.
const PIECE: usize = 1 << 14;

/// Checks everything that [`Sections::read`] has not.
pub(super) fn validate(index: &RowIndex<'_>, progress: &Progress<'_>) -> Result<(), RowImageError> {
    let points = index.shape.points as usize;
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
    for (dimension, Dimension { lower: least, upper: greatest, .. }) in index.dimensions.iter().enumerate() {
        if (lower[dimension], upper[dimension]) != (*least, *greatest) {
            return Err(RowImageError::Dimension { dimension, what: "no point has its least or its greatest value" });
        }
    }
    check_step(index, error)?;
    check_padding(index)?;
    check_tree(index)?;
    check_rows(index)
}

/// Compares what is searched with the values; returns how far off the point is.
fn check_point(index: &RowIndex<'_>, slot: usize, values: &[f32]) -> Result<f64, RowImageError> {
    if index.method == Method::CellScan {
        let columns = values.len().div_ceil(2);
        let codes = &index.codes[slot / CODE_LANES * columns..][..columns];
        for (dimension, value) in values.iter().enumerate() {
            let code = codes[dimension / 2][slot % CODE_LANES] >> (4 * (dimension % 2)) & 15;
            let cell = index.cells[dimension][usize::from(code)];
            if !(cell.lower <= *value && *value <= cell.upper) {
                return Err(RowImageError::Point { slot, what: "a value is not in its cell" });
            }
            if code != cells::code(&index.cells[dimension], *value) {
                return Err(RowImageError::Point { slot, what: "a value is in two cells" });
            }
        }
        return Ok(0.0);
    }
    let (words, error) = index.encoder.words(values);
    if words != block_words(index, slot) {
        return Err(RowImageError::Point { slot, what: "its columns are not those of its values" });
    }
    Ok(error)
}

fn block_words(index: &RowIndex<'_>, slot: usize) -> Words {
    let columns = index.encoder.columns();
    index.blocks[slot / LANES * columns..][..columns].iter().map(|column| column[slot % LANES]).collect()
}

fn check_step(index: &RowIndex<'_>, error: f64) -> Result<(), RowImageError> {
    let step = match &index.encoder {
        Encoder::Grid(grid) => grid.step(),
        Encoder::Floats(_) => 1.0,
    };
    for (field, found, required) in [("step", index.shape.step, step), ("error", index.shape.error, error)] {
        if found != required {
            return Err(RowImageError::Shape { field, found: found.to_bits() });
        }
    }
    Ok(())
}

/// Lanes without a point are zero.
fn check_padding(index: &RowIndex<'_>) -> Result<(), RowImageError> {
    let slot = index.shape.points as usize;
    let columns = index.encoder.columns();
    let block = index.blocks.chunks_exact(columns.max(1)).last().unwrap_or_default();
    let codes = index.codes.chunks_exact(index.dimensions.len().div_ceil(2)).last().unwrap_or_default();
    let (block_from, codes_from) = ((slot - 1) % LANES + 1, (slot - 1) % CODE_LANES + 1);
    let is_zero = block.iter().all(|column| column[block_from..].iter().all(|word| *word == 0))
        && codes.iter().all(|column| column[codes_from..].iter().all(|code| *code == 0));
    if is_zero { Ok(()) } else { Err(RowImageError::Point { slot, what: "is behind the last, and not zero" }) }
}

fn check_tree(index: &RowIndex<'_>) -> Result<(), RowImageError> {
    if index.method == Method::CellScan {
        return Ok(());
    }
    let points = index.shape.points as usize;
    let links = tree_links(points.div_ceil(LANES));
    if let Some(node) = (0..links.len()).find(|node| links[*node] != index.links[*node]) {
        return Err(RowImageError::Link { node });
    }
    let boxes = index.encoder.boxes(&links, points, |slot| block_words(index, slot));
    match (0..boxes.len()).find(|place| boxes[*place] != index.boxes[*place]) {
        Some(place) => Err(RowImageError::Box { place }),
        None => Ok(()),
    }
}

/// Each row is one point's, once, and the lowest of it stands with it.
fn check_rows(index: &RowIndex<'_>) -> Result<(), RowImageError> {
    let mut seen = vec![false; index.shape.rows as usize];
    let mut see = |row: u32| match seen.get_mut(row as usize) {
        Some(seen) if !*seen => {
            *seen = true;
            Ok(())
        }
        Some(_) => Err(RowImageError::Row { row, what: "is there twice" }),
        None => Err(RowImageError::Row { row, what: "is above the last" }),
    };
    index.rows.iter().try_for_each(|row| see(*row))?;
    let (copies, rows) = index.copies();
    rows.iter().try_for_each(|row| see(*row))?;
    let mut start = 0;
    for (place, of) in copies.iter().enumerate() {
        let end = copies.get(place + 1).map_or(rows.len(), |next| next.start as usize);
        let is_next = place == 0 || copies[place - 1].slot < of.slot;
        let own = rows.get(start..end).filter(|own| !own.is_empty() && of.start as usize == start && is_next);
        let (Some(own), Some(lowest)) = (own, index.rows.get(of.slot as usize)) else {
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
    let wrong =
        index.labels().and_then(|labels| labels.iter().position(|label| u32::from(*label) >= index.shape.labels));
    match wrong {
        Some(row) => Err(RowImageError::Row { row: row as u32, what: "has a label that there is not" }),
        None => Ok(()),
    }
}
