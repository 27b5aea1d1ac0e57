//! A reference while the builder moves it around, and the box around some of them.

use space::{DIMENSIONS, Label, Point};

use crate::exact::layout::Bounds;
use crate::lanes::Paired;

/// A reference while it is moved around: 32 bytes, so that two share a cache line.
///
/// The tag is `reference << 1 | label`: it orders as the references do.
#[derive(Clone, Copy)]
pub(super) struct LabelledPoint {
    pub values: [i16; DIMENSIONS],
    pub tag: u32,
}

const _: () = assert!(size_of::<LabelledPoint>() == 32);

impl LabelledPoint {
    pub(super) fn new(reference: usize, point: &Point, label: Label) -> Self {
        Self { values: *point.values(), tag: (reference as u32) << 1 | label as u32 }
    }
}

/// The box around some points, whose dimensions keep the order that vectors have.
pub(super) fn bounds(points: &[LabelledPoint]) -> Bounds {
    let mut bounds = Bounds::EMPTY;
    for point in points {
        let values: &Paired = bytemuck::cast_ref(&point.values);
        bounds.include_point(values);
    }
    bounds
}
