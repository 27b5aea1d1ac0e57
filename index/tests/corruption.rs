//! One test for each way in which an image can be wrong, most with a checksum recomputed to fit.

mod common;

use std::mem::offset_of;

use common::{Points, Random};
use index::format::{BLOCK_FLAG, Block, EMPTY_TAG, HEADER_BYTES, Header, Node, SectionEntry, SectionKind, checksum};
use index::{Index, OpenError};

const REFERENCES: u32 = 1_003;

fn image() -> Vec<u8> {
    let mut random = Random(11);
    let (vectors, labels) = (0..REFERENCES).map(|_| (random.query(0, 9_999), random.label())).unzip();
    Points { vectors, labels }.build()
}

fn reseal(image: &mut [u8]) {
    let sum = checksum(image);
    let at = offset_of!(Header, checksum);
    image[at..at + 8].copy_from_slice(&sum.to_le_bytes());
}

fn refusal(image: &[u8]) -> OpenError {
    Index::open(image).err().expect("a corrupt image was accepted")
}

/// The refusal of an image that `change` damaged and whose checksum was made to fit.
fn refusal_after(change: impl FnOnce(&mut Vec<u8>)) -> OpenError {
    let mut image = image();
    change(&mut image);
    reseal(&mut image);
    refusal(&image)
}

fn header_after(change: impl FnOnce(&mut Header)) -> OpenError {
    refusal_after(|image| change(bytemuck::from_bytes_mut(&mut image[..HEADER_BYTES])))
}

fn entry(image: &mut [u8], kind: SectionKind) -> &mut SectionEntry {
    let at = HEADER_BYTES + (kind as usize - 1) * size_of::<SectionEntry>();
    bytemuck::from_bytes_mut(&mut image[at..at + size_of::<SectionEntry>()])
}

fn entry_after(kind: SectionKind, change: impl FnOnce(&mut SectionEntry)) -> OpenError {
    refusal_after(|image| change(entry(image, kind)))
}

fn section(image: &mut [u8], kind: SectionKind) -> &mut [u8] {
    let entry = *entry(image, kind);
    &mut image[entry.offset as usize..(entry.offset + entry.bytes) as usize]
}

fn nodes_after(change: impl FnOnce(&mut [Node])) -> OpenError {
    refusal_after(|image| change(bytemuck::cast_slice_mut(section(image, SectionKind::Nodes))))
}

fn blocks_after(change: impl FnOnce(&mut [Block])) -> OpenError {
    refusal_after(|image| change(bytemuck::cast_slice_mut(section(image, SectionKind::Blocks))))
}

/// The position of a block with unused lanes.
fn partial(blocks: &[Block]) -> usize {
    blocks.iter().position(|block| block.tags[15] == EMPTY_TAG).expect("1003 is no multiple of 16")
}

#[test]
fn an_undamaged_image_is_accepted() {
    Index::open(&image()).unwrap();
}

#[test]
fn an_empty_file_is_rejected() {
    assert_eq!(refusal(&[]), OpenError::TooShort { bytes: 0 });
}

#[test]
fn every_truncation_is_rejected() {
    let image = image();
    for length in (0..image.len()).step_by(97).chain(image.len() - 70..image.len()) {
        let error = refusal(&image[..length]);
        assert!(matches!(error, OpenError::TooShort { .. } | OpenError::WrongLength { .. }), "{length}: {error}");
    }
}

#[test]
fn an_appended_byte_is_rejected() {
    let error = refusal_after(|image| image.push(0));
    assert!(matches!(error, OpenError::WrongLength { .. }), "{error}");
}

#[test]
fn another_file_is_rejected() {
    assert_eq!(header_after(|header| header.magic[0] ^= 1), OpenError::BadMagic);
}

#[test]
fn another_version_is_rejected() {
    assert_eq!(header_after(|header| header.version = 2), OpenError::UnsupportedVersion { found: 2 });
}

#[test]
fn a_flipped_bit_anywhere_is_rejected() {
    let image = image();
    for position in (0..image.len()).step_by(211) {
        let mut image = image.clone();
        image[position] ^= 0x10;
        refusal(&image);
    }
}

#[test]
fn a_wrong_checksum_is_rejected() {
    let mut image = image();
    image[offset_of!(Header, checksum)] ^= 1;
    assert!(matches!(refusal(&image), OpenError::Checksum { .. }));
}

#[test]
fn a_wrong_header_length_is_rejected() {
    assert!(matches!(
        header_after(|header| header.header_bytes = 64),
        OpenError::HeaderField { field: "header_bytes", found: 64, required: 128 }
    ));
}

#[test]
fn another_number_of_dimensions_is_rejected() {
    assert!(matches!(
        header_after(|header| header.dimensions = 16),
        OpenError::HeaderField { field: "dimensions", .. }
    ));
}

#[test]
fn another_scale_is_rejected() {
    assert!(matches!(header_after(|header| header.scale = 1_000), OpenError::HeaderField { field: "scale", .. }));
}

#[test]
fn another_number_of_sections_is_rejected() {
    assert!(matches!(header_after(|header| header.sections = 3), OpenError::HeaderField { field: "sections", .. }));
}

#[test]
fn another_number_of_lanes_is_rejected() {
    assert!(matches!(header_after(|header| header.lanes = 8), OpenError::HeaderField { field: "lanes", .. }));
}

#[test]
fn reserved_header_bytes_in_use_are_rejected() {
    assert_eq!(header_after(|header| header.reserved[8] = 1), OpenError::ReservedNotZero { place: "header" });
}

#[test]
fn fewer_than_five_references_are_rejected() {
    assert_eq!(header_after(|header| header.references = 4), OpenError::ReferenceCount { found: 4 });
}

#[test]
fn more_references_than_tags_can_name_are_rejected() {
    assert_eq!(header_after(|header| header.references = 1 << 31), OpenError::ReferenceCount { found: 1 << 31 });
}

#[test]
fn more_frauds_than_references_are_rejected() {
    let error = header_after(|header| header.frauds = REFERENCES + 1);
    assert_eq!(error, OpenError::FraudCount { header: REFERENCES + 1, found: REFERENCES });
}

#[test]
fn a_wrong_fraud_count_is_rejected() {
    assert!(matches!(header_after(|header| header.frauds -= 1), OpenError::FraudCount { .. }));
}

#[test]
fn more_points_than_the_header_says_are_rejected() {
    assert!(matches!(header_after(|header| header.references -= 1), OpenError::ReferenceOutOfRange { .. }));
}

#[test]
fn fewer_points_than_the_header_says_are_rejected() {
    let error = header_after(|header| header.references += 1);
    assert_eq!(error, OpenError::PointCount { header: REFERENCES + 1, found: u64::from(REFERENCES) });
}

#[test]
fn sections_in_another_order_are_rejected() {
    let error = entry_after(SectionKind::Nodes, |entry| entry.kind = SectionKind::Blocks as u32);
    assert_eq!(error, OpenError::SectionKind { section: "nodes", found: 4 });
}

#[test]
fn an_unknown_section_is_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.kind = 9);
    assert_eq!(error, OpenError::SectionKind { section: "blocks", found: 9 });
}

#[test]
fn reserved_table_bytes_in_use_are_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.reserved_too = 1);
    assert_eq!(error, OpenError::ReservedNotZero { place: "section table" });
}

#[test]
fn a_misaligned_section_is_rejected() {
    let error = entry_after(SectionKind::Nodes, |entry| entry.offset += 4);
    assert!(matches!(error, OpenError::SectionMisaligned { section: "nodes", .. }), "{error}");
}

#[test]
fn a_section_past_the_end_is_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.bytes += 512 * 64);
    assert_eq!(error, OpenError::SectionOutOfBounds { section: "blocks" });
}

#[test]
fn a_section_whose_end_overflows_is_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.offset = u64::MAX - 4095);
    assert_eq!(error, OpenError::SectionOutOfBounds { section: "blocks" });
}

#[test]
fn overlapping_sections_are_rejected() {
    let error = entry_after(SectionKind::MccRisk, |entry| entry.offset = 0);
    assert_eq!(error, OpenError::SectionOverlap { section: "mcc_risk" });
}

#[test]
fn a_section_with_a_broken_element_is_rejected() {
    let error = entry_after(SectionKind::Nodes, |entry| entry.bytes -= 4);
    assert!(matches!(error, OpenError::SectionLength { section: "nodes", .. }), "{error}");
}

#[test]
fn bytes_behind_the_last_section_are_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.bytes -= 512);
    assert!(matches!(error, OpenError::TrailingBytes { .. }), "{error}");
}

#[test]
fn bytes_between_sections_in_use_are_rejected() {
    let error = refusal_after(|image| {
        let nodes = entry(image, SectionKind::Nodes).offset as usize;
        image[nodes - 1] = 1;
    });
    assert_eq!(error, OpenError::ReservedNotZero { place: "bytes between sections" });
}

#[test]
fn a_missing_normalization_is_rejected() {
    let error = entry_after(SectionKind::Normalization, |entry| entry.bytes = 0);
    // What was the section is now a gap that is not zero.
    assert_eq!(error, OpenError::ReservedNotZero { place: "bytes between sections" });
    let error = refusal_after(|image| {
        section(image, SectionKind::Normalization).fill(0);
        entry(image, SectionKind::Normalization).bytes = 0;
    });
    assert!(matches!(error, OpenError::ElementCount { section: "normalization", found: 0, .. }), "{error}");
}

#[test]
fn a_normalization_constant_that_is_not_a_positive_number_is_rejected() {
    for constant in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = refusal_after(|image| {
            section(image, SectionKind::Normalization)[8..16].copy_from_slice(&constant.to_le_bytes());
        });
        assert!(matches!(error, OpenError::Rules(_)), "{constant}: {error}");
    }
}

#[test]
fn a_risk_outside_0_to_1_is_rejected() {
    let error =
        refusal_after(|image| section(image, SectionKind::MccRisk)[8..16].copy_from_slice(&1.5f64.to_le_bytes()));
    assert!(matches!(error, OpenError::Rules(_)), "{error}");
}

#[test]
fn category_codes_out_of_order_are_rejected() {
    let error = refusal_after(|image| {
        let (first, rest) = section(image, SectionKind::MccRisk).split_at_mut(16);
        first.swap_with_slice(&mut rest[..16]);
    });
    assert!(matches!(error, OpenError::Rules(_)), "{error}");
}

#[test]
fn a_category_code_that_is_no_text_is_rejected() {
    let error = refusal_after(|image| section(image, SectionKind::MccRisk)[0] = 0xff);
    assert!(matches!(error, OpenError::Rules(_)), "{error}");
}

#[test]
fn a_node_without_children_is_rejected() {
    assert_eq!(nodes_after(|nodes| nodes[0].holds = [0, 0]), OpenError::LanesInUse { node: 0, lanes: 0 });
}

#[test]
fn a_hole_between_children_is_rejected() {
    let error = nodes_after(|nodes| nodes[0].holds.iter_mut().for_each(|holds| *holds &= !2));
    assert!(matches!(error, OpenError::LanesInUse { node: 0, .. }), "{error}");
}

#[test]
fn a_child_said_to_lack_a_label_is_rejected() {
    // The root's children hold both labels; one lane still holds the other label, so the lanes in use stay the same.
    let error = nodes_after(|nodes| nodes[0].holds[1] &= !1);
    assert_eq!(error, OpenError::WrongHolds { node: 0, lane: 0, label: 1 });
}

#[test]
fn a_child_said_to_hold_a_label_it_lacks_is_rejected() {
    let mut random = Random(12);
    let (vectors, labels) = (0..100).map(|_| (random.query(0, 9_999), transaction::Label::Legit)).unzip();
    let mut image = Points { vectors, labels }.build();
    bytemuck::cast_slice_mut::<u8, Node>(section(&mut image, SectionKind::Nodes))[0].holds[1] = 1;
    reseal(&mut image);
    assert_eq!(refusal(&image), OpenError::WrongHolds { node: 0, lane: 0, label: 1 });
}

#[test]
fn reserved_node_bytes_in_use_are_rejected() {
    assert_eq!(nodes_after(|nodes| nodes[0].reserved[0] = 1), OpenError::ReservedNotZero { place: "node" });
}

#[test]
fn a_child_that_does_not_exist_is_rejected() {
    let error = nodes_after(|nodes| nodes[0].children[0] = 1 << 30);
    assert_eq!(error, OpenError::ChildOutOfRange { node: 0, lane: 0, child: 1 << 30 });
    let error = nodes_after(|nodes| nodes[0].children[0] = BLOCK_FLAG | 1 << 30);
    assert_eq!(error, OpenError::ChildOutOfRange { node: 0, lane: 0, child: BLOCK_FLAG | 1 << 30 });
}

#[test]
fn a_node_that_is_its_own_child_is_rejected() {
    assert_eq!(
        nodes_after(|nodes| nodes[0].children[0] = 0),
        OpenError::ChildOutOfOrder { node: 0, lane: 0, child: 0 }
    );
}

#[test]
fn a_child_met_twice_is_rejected() {
    let error = nodes_after(|nodes| {
        let node = nodes.iter_mut().find(|node| node.children[1] & BLOCK_FLAG != 0).unwrap();
        node.children[1] = node.children[0];
    });
    assert!(matches!(error, OpenError::ChildOutOfOrder { .. }), "{error}");
}

#[test]
fn blocks_that_no_node_reaches_are_rejected() {
    let error = nodes_after(|nodes| {
        let root = &mut nodes[0];
        let last = root.count() - 1;
        root.children[last] = 0;
        for label in 0..2 {
            root.holds[label] &= !(1 << last);
            for pair in 0..7 {
                root.boxes[label].lower[pair][last] = [0, 0];
                root.boxes[label].upper[pair][last] = [0, 0];
            }
        }
    });
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
}

#[test]
fn a_tree_without_nodes_is_rejected() {
    let error = refusal_after(|image| {
        let blocks = *entry(image, SectionKind::Blocks);
        let nodes = entry(image, SectionKind::Nodes);
        let start = nodes.offset as usize;
        nodes.bytes = 0;
        image[start..blocks.offset as usize].fill(0);
    });
    assert!(matches!(error, OpenError::ElementCount { section: "nodes", found: 0, .. }), "{error}");
}

#[test]
fn a_tree_that_is_too_deep_is_rejected() {
    // A chain of nodes with one child each: well formed but for its length.
    let mut image = image();
    let (nodes, blocks) = (*entry(&mut image, SectionKind::Nodes), *entry(&mut image, SectionKind::Blocks));
    let chain = 200usize;
    let mut long = image[..nodes.offset as usize].to_vec();
    for position in 0..chain {
        let mut node: Node = bytemuck::Zeroable::zeroed();
        node.holds = [1, 0];
        node.children[0] = position as u32 + 1;
        long.extend_from_slice(bytemuck::bytes_of(&node));
    }
    long.resize(long.len().next_multiple_of(4096), 0);
    let offset = long.len() as u64;
    long.extend_from_slice(&image[blocks.offset as usize..]);
    entry(&mut long, SectionKind::Nodes).bytes = (chain * size_of::<Node>()) as u64;
    entry(&mut long, SectionKind::Blocks).offset = offset;
    let length = long.len() as u64;
    bytemuck::from_bytes_mut::<Header>(&mut long[..HEADER_BYTES]).image_bytes = length;
    reseal(&mut long);
    assert_eq!(refusal(&long), OpenError::TooDeep { node: 128 });
}

#[test]
fn a_box_that_misses_a_point_is_rejected() {
    for label in 0..2 {
        let error = nodes_after(|nodes| nodes[0].boxes[label].upper[3][0][0] -= 1);
        assert_eq!(error, OpenError::WrongBox { node: 0, lane: 0, label });
    }
}

#[test]
fn a_box_that_is_too_large_is_rejected() {
    let error = nodes_after(|nodes| nodes[0].boxes[1].lower[6][1][1] -= 1);
    assert_eq!(error, OpenError::WrongBox { node: 0, lane: 1, label: 1 });
}

#[test]
fn an_unused_lane_of_a_node_in_use_is_rejected() {
    let error = nodes_after(|nodes| {
        let node = nodes.iter_mut().find(|node| node.count() < 16).unwrap();
        node.boxes[0].lower[0][15][0] = 1;
    });
    assert!(matches!(error, OpenError::UnusedLane { kind: "node", lane: 15, .. }), "{error}");
}

#[test]
fn an_empty_block_is_rejected() {
    assert_eq!(blocks_after(|blocks| blocks[0].tags = [EMPTY_TAG; 16]), OpenError::EmptyBlock { block: 0 });
}

#[test]
fn a_hole_between_points_of_a_block_is_rejected() {
    let error = blocks_after(|blocks| blocks[0].tags[3] = EMPTY_TAG);
    assert!(matches!(error, OpenError::UnusedLane { kind: "block", position: 0, .. }), "{error}");
}

#[test]
fn an_unused_lane_of_a_block_in_use_is_rejected() {
    let error = blocks_after(|blocks| {
        let block = partial(blocks);
        blocks[block].vectors[2][15][1] = 7;
    });
    assert!(matches!(error, OpenError::UnusedLane { kind: "block", lane: 15, .. }), "{error}");
}

#[test]
fn a_value_outside_the_scale_is_rejected() {
    for value in [10_001, -10_001, i16::MAX, i16::MIN] {
        let error = blocks_after(|blocks| blocks[2].vectors[1][4][1] = value);
        assert_eq!(error, OpenError::ValueOutOfRange { block: 2, lane: 4, dimension: 3, value });
    }
}

#[test]
fn a_moved_point_is_rejected() {
    // Every box is the smallest around its points, so a point pushed out of its block's box shows.
    let error = blocks_after(|blocks| blocks[1].vectors[0][0][0] = 10_000);
    assert!(matches!(error, OpenError::WrongBox { .. }), "{error}");
}

#[test]
fn a_reference_that_does_not_exist_is_rejected() {
    let error = blocks_after(|blocks| blocks[0].tags[15] = REFERENCES << 1);
    assert_eq!(error, OpenError::ReferenceOutOfRange { block: 0, lane: 15, reference: REFERENCES });
}

#[test]
fn references_of_a_block_out_of_order_are_rejected() {
    let error = blocks_after(|blocks| blocks[0].tags.swap(3, 4));
    assert_eq!(error, OpenError::ReferencesOutOfOrder { block: 0, lane: 4 });
}

#[test]
fn a_reference_that_is_there_twice_is_rejected() {
    let error = blocks_after(|blocks| blocks[0].tags[1] = blocks[0].tags[0]);
    assert!(matches!(error, OpenError::ReferenceTwice { block: 0, lane: 1, .. }), "{error}");
}

#[test]
fn a_changed_label_is_rejected() {
    let error = blocks_after(|blocks| blocks[0].tags[0] ^= 1);
    assert!(matches!(error, OpenError::WrongBox { .. } | OpenError::WrongHolds { .. }), "{error}");
}

#[test]
fn bytes_at_an_odd_address_are_rejected() {
    let image = image();
    let mut shifted = vec![0; image.len() + 8];
    let start = (1..8).find(|start| !shifted[*start..].as_ptr().addr().is_multiple_of(4)).unwrap();
    shifted[start..start + image.len()].copy_from_slice(&image);
    assert_eq!(refusal(&shifted[start..start + image.len()]), OpenError::Misaligned);
}
