//! Units to bytes.

use std::ops::Range;

use super::group::Unit;
use super::points::Entry;
use crate::format::{
    BlockPoints, Bounds, HEADER_BYTES, Header, LANES, LEAF_FLAG, LabelBounds, Leaf, NO_REFERENCE, Node, Order,
    PACKED_MAX, PAIRS, RuleSections, SECTION_COUNT, SectionEntry, checksum, plan_sections, reference_width, write_leaf,
    write_references,
};
use space::Progress;

/// The children of the two roots.
pub(super) struct Roots {
    pub sample: Vec<Unit>,
    pub rest: Option<Vec<Unit>>,
}

/// The image of the two trees.
pub(super) fn write(
    roots: &Roots,
    points: &[Entry],
    order: Order,
    rules: RuleSections<'_>,
    progress: &Progress<'_>,
) -> Vec<u8> {
    let total = points.len() as u64;
    progress("write", 0, total);
    let mut writer = Writer {
        points,
        order,
        nodes: vec![],
        leaves: vec![],
        packed: vec![],
        references: vec![],
        reference_width: reference_width(points.len() as u32),
        next_block: 0,
    };
    writer.node(&roots.sample);
    let rest = roots.rest.as_ref().map(|units| writer.node(units).0);
    writer.packed.resize(writer.packed.len() + PACKED_MAX, 0);
    let frauds = points.iter().map(|point| point.tag & 1).sum();
    let image = assemble(
        [
            rules.normalization,
            rules.mcc_risk,
            bytemuck::cast_slice(&writer.nodes),
            bytemuck::cast_slice(&writer.leaves),
            &writer.packed,
            &writer.references,
        ],
        |image_bytes| Header::new(image_bytes, points.len() as u32, frauds, rest, &order),
    );
    progress("write", total, total);
    image
}

/// Sections to an image, with header, table and checksum.
fn assemble(sections: [&[u8]; SECTION_COUNT], header: impl FnOnce(u64) -> Header) -> Vec<u8> {
    let (table, image_bytes) = plan_sections(sections.map(|section| section.len() as u64));
    let mut image = vec![0; image_bytes as usize];
    for (section, entry) in sections.iter().zip(&table) {
        image[entry.offset as usize..][..section.len()].copy_from_slice(section);
    }
    seal(&mut image, &table, header(image_bytes));
    image
}

/// Writes header and table, and the checksum over everything.
fn seal(image: &mut [u8], table: &[SectionEntry; SECTION_COUNT], mut header: Header) {
    let table = bytemuck::bytes_of(table);
    image[HEADER_BYTES..HEADER_BYTES + table.len()].copy_from_slice(table);
    image[..HEADER_BYTES].copy_from_slice(bytemuck::bytes_of(&header));
    header.checksum = checksum(image);
    image[..HEADER_BYTES].copy_from_slice(bytemuck::bytes_of(&header));
}

struct Writer<'a> {
    points: &'a [Entry],
    order: Order,
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    packed: Vec<u8>,
    /// Which reference each lane is.
    references: Vec<u8>,
    reference_width: usize,
    next_block: u32,
}

impl Writer<'_> {
    /// Writes a node and all below it, in the order of a walk; returns its position and boxes.
    fn node(&mut self, units: &[Unit]) -> (u32, LabelBounds) {
        let position = self.nodes.len();
        self.nodes.push(bytemuck::Zeroable::zeroed());
        let mut node: Node = bytemuck::Zeroable::zeroed();
        let mut around = [Bounds::EMPTY; 2];
        for (lane, unit) in units.iter().enumerate() {
            let (child, bounds) = match unit {
                Unit::Leaf(blocks) => self.leaf(blocks),
                Unit::Node(units) => self.node(units),
            };
            node.children[lane] = child;
            for (label, bounds) in bounds.iter().enumerate().filter(|(_, bounds)| **bounds != Bounds::EMPTY) {
                node.holds[label] |= 1 << lane;
                node.boxes[label].set(lane, bounds);
                around[label].include(bounds);
            }
        }
        self.nodes[position] = node;
        (position as u32, around)
    }

    fn leaf(&mut self, ranges: &[Range<usize>]) -> (u32, LabelBounds) {
        let position = self.leaves.len() as u32;
        let first_block = self.next_block;
        self.next_block += ranges.len() as u32;
        let blocks: Vec<BlockPoints> = ranges.iter().map(|range| self.block(&self.points[range.clone()])).collect();
        let mut around = [Bounds::EMPTY; 2];
        for inside in blocks.iter().map(|block| block.label_bounds(&block.bounds())) {
            around.iter_mut().zip(&inside).for_each(|(around, inside)| around.include(inside));
        }
        for range in ranges {
            let mut row = [NO_REFERENCE; LANES];
            self.points[range.clone()].iter().zip(&mut row).for_each(|(point, place)| *place = point.tag >> 1);
            write_references(&row, self.reference_width, &mut self.references);
        }
        self.leaves.push(write_leaf(&blocks, first_block, &mut self.packed));
        (position | LEAF_FLAG, around)
    }

    fn block(&self, points: &[Entry]) -> BlockPoints {
        // Unused lanes repeat the first point.
        let first = self.order.pair(&points[0].values);
        let mut block = BlockPoints { values: first.map(|pair| [pair; LANES]), points: points.len() as u8, frauds: 0 };
        for (lane, point) in points.iter().enumerate() {
            let paired = self.order.pair(&point.values);
            (0..PAIRS).for_each(|pair| block.values[pair][lane] = paired[pair]);
            block.frauds |= ((point.tag & 1) as u16) << lane;
        }
        block
    }
}
