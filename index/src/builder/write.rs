//! Units to bytes.

use transaction::Rules;

use super::split::{Content, Point, Unit};
use crate::Progress;
use crate::format::{
    BLOCK_FLAG, Block, Bounds, EMPTY_TAG, HEADER_BYTES, Header, Node, SECTION_COUNT, SectionEntry, checksum,
    encode_mcc_risk, encode_normalization, plan_sections, set_vector,
};

/// The image of a tree whose root has the children `root`.
pub(super) fn write(root: &[Unit], points: &[Point], rules: &Rules, progress: &Progress<'_>) -> Vec<u8> {
    let (nodes, blocks) = root.iter().fold((1, 0), |counts, unit| count(unit, counts));
    let normalization = encode_normalization(&rules.normalization);
    let mcc_risk = encode_mcc_risk(&rules.mcc_risk);
    let (table, image_bytes) = plan_sections([
        normalization.len() as u64,
        mcc_risk.len() as u64,
        (nodes * size_of::<Node>()) as u64,
        (blocks * size_of::<Block>()) as u64,
    ]);
    let mut image = vec![0; image_bytes as usize];
    let total = blocks as u64;
    progress("write", 0, total);
    image[table[0].offset as usize..][..normalization.len()].copy_from_slice(&normalization);
    image[table[1].offset as usize..][..mcc_risk.len()].copy_from_slice(&mcc_risk);
    let mut writer = Writer { image: &mut image, table: &table, points, next_node: 0, next_block: 0 };
    writer.node(root);
    let frauds = points.iter().map(|point| point.tag & 1).sum();
    seal(&mut image, &table, Header::new(image_bytes, points.len() as u32, frauds));
    progress("write", total, total);
    image
}

/// Nodes and blocks below and with `unit`, added to `(nodes, blocks)`.
fn count(unit: &Unit, (nodes, blocks): (usize, usize)) -> (usize, usize) {
    match &unit.content {
        Content::Block(_) => (nodes, blocks + 1),
        Content::Node(units) => units.iter().fold((nodes + 1, blocks), |counts, unit| count(unit, counts)),
    }
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
    image: &'a mut [u8],
    table: &'a [SectionEntry; SECTION_COUNT],
    points: &'a [Point],
    next_node: u32,
    next_block: u32,
}

impl Writer<'_> {
    /// Writes a node and all below it, in the order of a walk; returns its position.
    fn node(&mut self, units: &[Unit]) -> u32 {
        let position = self.next_node;
        self.next_node += 1;
        let mut node: Node = bytemuck::Zeroable::zeroed();
        for (lane, unit) in units.iter().enumerate() {
            for (label, bounds) in unit.bounds.iter().enumerate() {
                if *bounds != Bounds::EMPTY {
                    node.holds[label] |= 1 << lane;
                    set_vector(&mut node.boxes[label].lower, lane, &bounds.lower);
                    set_vector(&mut node.boxes[label].upper, lane, &bounds.upper);
                }
            }
            node.children[lane] = match &unit.content {
                Content::Block(range) => self.block(&self.points[range.clone()]) | BLOCK_FLAG,
                Content::Node(units) => self.node(units),
            };
        }
        self.put(2, position, bytemuck::bytes_of(&node));
        position
    }

    fn block(&mut self, points: &[Point]) -> u32 {
        let position = self.next_block;
        self.next_block += 1;
        let mut block: Block = bytemuck::Zeroable::zeroed();
        block.tags = [EMPTY_TAG; _];
        for (lane, point) in points.iter().enumerate() {
            set_vector(&mut block.vectors, lane, &point.values);
            block.tags[lane] = point.tag;
        }
        self.put(3, position, bytemuck::bytes_of(&block));
        position
    }

    fn put(&mut self, section: usize, position: u32, bytes: &[u8]) {
        let start = self.table[section].offset as usize + position as usize * bytes.len();
        self.image[start..start + bytes.len()].copy_from_slice(bytes);
    }
}
