//! The sections of an image as records, with the lengths that its shape asks for.

use arrayvec::ArrayVec;
use bytemuck::Pod;

use super::encoder::Encoder;
use super::error::RowImageError;
use super::grid::Grid;
use super::layout::{
    BoxColumn, CELLS, CODE_LANES, Cell, CodeColumn, Column, Copies, Dimension, ENGINE, GRID_IS_TRUTH, LabelMasks, Link,
    MAX_DIMENSIONS, Method, Shape, section, tree_links,
};
use crate::format::{Container, FormatError};
use crate::lanes::LANES;

/// The sections.
pub(super) struct Sections<'a> {
    pub shape: Shape,
    pub method: Method,
    /// Whether points have the values of their places on the grid.
    pub grid_is_truth: bool,
    pub dimensions: ArrayVec<Dimension, MAX_DIMENSIONS>,
    pub encoder: Encoder,
    pub links: &'a [Link],
    pub boxes: &'a [BoxColumn],
    pub blocks: &'a [Column],
    pub codes: &'a [CodeColumn],
    pub rows: &'a [u32],
    pub copies: &'a [Copies],
    pub copied_rows: &'a [u32],
    /// Row by row; none if the blocks or the places have them.
    pub values: &'a [f32],
    /// Words, row by row; only of a scan.
    pub places: &'a [u32],
    pub cells: &'a [[Cell; CELLS]],
    pub labels: Option<&'a [u8]>,
    /// A pair for each node; none but of a tree of two labels.
    pub label_masks: &'a [LabelMasks],
}

impl<'a> Sections<'a> {
    pub(super) fn read(container: &Container<'a>) -> Result<Self, RowImageError> {
        if container.engine() != ENGINE {
            return Err(RowImageError::Engine { found: container.engine().to_owned() });
        }
        let (shape, method, grid_is_truth) = read_shape(container)?;
        let dimensions = read_dimensions(container, &shape)?;
        let encoder = if method == Method::GridTree || grid_is_truth {
            Encoder::Grid(Grid::new(&dimensions))
        } else {
            Encoder::floats(&dimensions)
        };
        let (points, values) = (shape.points as usize, dimensions.len());
        let (is_scan, columns) = (method == Method::CellScan, encoder.columns());
        let has_values = method != Method::FloatTree && !grid_is_truth;
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
            values: records(container, section::VALUES, has_values.then_some(points * values))?,
            label_masks: label_masks(container, if !is_scan && shape.labels == 2 { links.len() } else { 0 })?,
            places: records(container, section::PLACES, (is_scan && grid_is_truth).then_some(points * columns))?,
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
            grid_is_truth,
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

/// The label masks of so many nodes. Images of format 3 that were built before there were masks have none.
fn label_masks<'a>(container: &Container<'a>, nodes: usize) -> Result<&'a [LabelMasks], RowImageError> {
    let has_masks = container.section(section::LABEL_MASKS).is_some();
    records(container, section::LABEL_MASKS, has_masks.then_some(nodes))
}

/// A section of any number of records.
fn any_records<'a, T: Pod>(container: &Container<'a>, kind: u32) -> Result<&'a [T], RowImageError> {
    let bytes = container.section(kind).map_or(0, <[u8]>::len);
    records(container, kind, Some(bytes / size_of::<T>()))
}

fn read_shape(container: &Container<'_>) -> Result<(Shape, Method, bool), RowImageError> {
    let kind = section::SHAPE;
    let bytes = container.section(kind).ok_or(FormatError::SectionMissing { kind })?;
    if bytes.len() != size_of::<Shape>() {
        let required = size_of::<Shape>() as u64;
        return Err(FormatError::SectionBytes { kind, bytes: bytes.len() as u64, required }.into());
    }
    let shape: Shape = bytemuck::pod_read_unaligned(bytes);
    let refuse = |field, found: u32| Err(RowImageError::Shape { field, found: u64::from(found) });
    let grid_is_truth = shape.method & GRID_IS_TRUTH != 0;
    let found = Method::ALL.into_iter().find(|method| *method as u32 == shape.method & !GRID_IS_TRUTH);
    let Some(method) = found.filter(|method| !(grid_is_truth && *method == Method::FloatTree)) else {
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
    Ok((shape, method, grid_is_truth))
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
