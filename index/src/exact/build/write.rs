//! Subtrees to the bytes of an image.

use std::ops::Range;

use super::labelled_point::LabelledPoint;
use super::pack::Subtree;
use crate::exact::layout::{
    BlockPoints, Bounds, DimensionOrder, LEAF_FLAG, LabelBounds, Leaf, NO_REFERENCE, Node, PACKED_MAX, encode_leaf,
    reference_width, write_references,
};
use crate::format::{HEADER_BYTES, Header, RuleSections, SECTION_COUNT, SectionEntry, checksum, plan_sections};
use crate::lanes::{LANES, PAIRS};
use space::Progress;

/// The children of the two roots.
pub(super) struct Roots {
    pub sample: Vec<Subtree>,
    pub rest: Option<Vec<Subtree>>,
}

/// The image of the two trees.
pub(super) fn write(
    roots: &Roots,
    points: &[LabelledPoint],
    order: DimensionOrder,
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
    let rest = roots.rest.as_ref().map(|subtrees| writer.node(subtrees).0);
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
        |image_bytes| Header::new(image_bytes, points.len() as u32, frauds, rest, order.places()),
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
    points: &'a [LabelledPoint],
    order: DimensionOrder,
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
    fn node(&mut self, subtrees: &[Subtree]) -> (u32, LabelBounds) {
        let position = self.nodes.len();
        self.nodes.push(bytemuck::Zeroable::zeroed());
        let mut node: Node = bytemuck::Zeroable::zeroed();
        let mut around = [Bounds::EMPTY; 2];
        for (lane, subtree) in subtrees.iter().enumerate() {
            let (child, bounds) = match subtree {
                Subtree::Leaf(blocks) => self.leaf(blocks),
                Subtree::Node(subtrees) => self.node(subtrees),
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
        self.leaves.push(encode_leaf(&blocks, first_block, &mut self.packed));
        (position | LEAF_FLAG, around)
    }

    fn block(&self, points: &[LabelledPoint]) -> BlockPoints {
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
