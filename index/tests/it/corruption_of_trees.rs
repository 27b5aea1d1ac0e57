//! One test for each way in which nodes, leaves and blocks can be wrong, with a checksum made to fit.

use crate::common::corrupt::{REFERENCES, image, records_after, refusal, refusal_after, refusal_with, reseal, section};
use crate::common::{Points, Random};
use index::OpenError;
use index::exact::TreeError;
use index::exact::layout::{BLOCK_ALIGNMENT, FORMATS, LEAF_FLAG, Leaf, Node, PACKED_MAX, PACKED_UNIT};
use index::format::SectionKind;

fn nodes_after(change: impl FnOnce(&mut [Node])) -> OpenError {
    records_after(SectionKind::Nodes, change)
}

fn leaves_after(change: impl FnOnce(&mut [Leaf])) -> OpenError {
    records_after(SectionKind::Leaves, change)
}

/// Writes a reference of three bytes.
fn set_reference(row: &mut [u8], lane: usize, reference: u32) {
    row[3 * lane..3 * lane + 3].copy_from_slice(&reference.to_le_bytes()[..3]);
}

fn references_after(change: impl FnOnce(&mut [u8])) -> OpenError {
    refusal_after(|image| change(section(image, SectionKind::References)))
}

#[test]
fn a_node_without_children_is_rejected() {
    assert_eq!(
        nodes_after(|nodes| nodes[0].holds = [0, 0]),
        OpenError::Tree(TreeError::LanesInUse { kind: "node", position: 0 })
    );
}

#[test]
fn a_hole_between_children_is_rejected() {
    let error = nodes_after(|nodes| nodes[0].holds.iter_mut().for_each(|holds| *holds &= !1));
    assert_eq!(error, OpenError::Tree(TreeError::LanesInUse { kind: "node", position: 0 }));
}

#[test]
fn a_child_said_to_lack_a_label_is_rejected() {
    let error = nodes_after(|nodes| nodes[0].holds[1] &= !1);
    assert_eq!(error, OpenError::Tree(TreeError::WrongHolds { node: 0, lane: 0, label: 1 }));
}

#[test]
fn a_child_said_to_hold_a_label_it_lacks_is_rejected() {
    let mut random = Random::new(12);
    let (vectors, labels) = (0..100).map(|_| (random.query(0, 9_999), space::Label::Legit)).unzip();
    let mut image = Points { vectors, labels }.build();
    bytemuck::cast_slice_mut::<u8, Node>(section(&mut image, SectionKind::Nodes))[0].holds[1] = 1;
    reseal(&mut image);
    assert_eq!(refusal(&image), OpenError::Tree(TreeError::WrongHolds { node: 0, lane: 0, label: 1 }));
}

#[test]
fn reserved_bytes_in_use_are_rejected() {
    assert_eq!(
        nodes_after(|nodes| nodes[0].reserved[0] = 1),
        OpenError::Tree(TreeError::ReservedNotZero { place: "node" })
    );
    assert_eq!(
        leaves_after(|leaves| leaves[1].reserved[5] = 1),
        OpenError::Tree(TreeError::ReservedNotZero { place: "leaf" })
    );
}

#[test]
fn a_child_that_does_not_exist_is_rejected() {
    for child in [1 << 30, LEAF_FLAG | 1 << 30] {
        let error = nodes_after(|nodes| nodes[0].children[0] = child);
        assert_eq!(error, OpenError::Tree(TreeError::ChildOutOfRange { node: 0, lane: 0, child }));
    }
}

#[test]
fn a_node_that_is_its_own_child_is_rejected() {
    let error = nodes_after(|nodes| nodes[0].children[0] = 0);
    assert_eq!(error, OpenError::Tree(TreeError::ChildOutOfOrder { node: 0, lane: 0, child: 0 }));
}

#[test]
fn a_child_met_twice_is_rejected() {
    let error = nodes_after(|nodes| {
        let node = nodes.iter_mut().find(|node| node.children[1] & LEAF_FLAG != 0).unwrap();
        node.children[1] = node.children[0];
    });
    assert!(matches!(error, OpenError::Tree(TreeError::ChildOutOfOrder { .. })), "{error}");
}

#[test]
fn leaves_that_no_node_reaches_are_rejected() {
    let error = nodes_after(|nodes| {
        let last = nodes.last_mut().unwrap();
        let lane = last.count() - 1;
        last.children[lane] = 0;
        for label in 0..2 {
            last.holds[label] &= !(1 << lane);
            for pair in 0..7 {
                last.boxes[label].lower[pair][lane] = [0, 0];
                last.boxes[label].upper[pair][lane] = [0, 0];
            }
        }
    });
    assert!(matches!(error, OpenError::Tree(TreeError::Unreachable { kind: "leaf", .. })), "{error}");
}

#[test]
fn a_tree_without_nodes_is_rejected() {
    let error = refusal_with(SectionKind::Nodes, &[]);
    assert_eq!(
        error,
        OpenError::Tree(TreeError::ElementCount { section: "nodes", found: 0, required: "at least one" })
    );
}

#[test]
fn a_tree_that_is_too_deep_is_rejected() {
    // A chain of nodes with one child each: well formed but for its length.
    let chain = (1..200).flat_map(|next: u32| {
        let mut node: Node = bytemuck::Zeroable::zeroed();
        node.holds = [1, 0];
        node.children[0] = next;
        bytemuck::bytes_of(&node).to_vec()
    });
    let error = refusal_with(SectionKind::Nodes, &chain.collect::<Vec<_>>());
    assert_eq!(error, OpenError::Tree(TreeError::TooDeep { node: 128 }));
}

#[test]
fn a_box_that_misses_a_point_or_is_too_large_is_rejected() {
    for label in 0..2 {
        let error = nodes_after(|nodes| nodes[0].boxes[label].upper[3][0][0] -= 1);
        assert_eq!(error, OpenError::Tree(TreeError::WrongBox { node: 0, lane: 0, label }));
        let error = nodes_after(|nodes| nodes[0].boxes[label].lower[6][0][1] -= 1);
        assert_eq!(error, OpenError::Tree(TreeError::WrongBox { node: 0, lane: 0, label }));
    }
}

#[test]
fn an_unused_lane_in_use_is_rejected() {
    let error = nodes_after(|nodes| {
        let node = nodes.iter_mut().find(|node| node.count() < 16).unwrap();
        node.boxes[0].lower[0][15][0] = 1;
    });
    assert!(matches!(error, OpenError::Tree(TreeError::UnusedLane { kind: "node", lane: 15, .. })), "{error}");
    let error = leaves_after(|leaves| {
        let leaf = leaves.iter_mut().find(|leaf| leaf.blocks() != u16::MAX).unwrap();
        leaf.points[15] = 1;
    });
    assert!(
        matches!(error, OpenError::Tree(TreeError::WrongLeaf { what: "the packing of its blocks", .. })),
        "{error}"
    );
}

#[test]
fn a_leaf_without_blocks_is_rejected() {
    let error = leaves_after(|leaves| leaves[0].holds = [0, 0]);
    assert_eq!(error, OpenError::Tree(TreeError::LanesInUse { kind: "leaf", position: 0 }));
}

#[test]
fn blocks_that_do_not_follow_are_rejected() {
    assert_eq!(leaves_after(|leaves| leaves[1].start += 1), OpenError::Tree(TreeError::BlocksOutOfOrder { leaf: 1 }));
    assert_eq!(
        leaves_after(|leaves| leaves[1].first_block += 1),
        OpenError::Tree(TreeError::BlocksOutOfOrder { leaf: 1 })
    );
}

#[test]
fn other_boxes_of_blocks_are_rejected() {
    let is_refused = |change: &dyn Fn(&mut Leaf)| {
        let error = leaves_after(|leaves| change(&mut leaves[0]));
        assert_eq!(error, OpenError::Tree(TreeError::WrongLeaf { leaf: 0, what: "its boxes" }));
    };
    is_refused(&|leaf| leaf.extent[2][1][0] -= 1);
    is_refused(&|leaf| leaf.extent[2][0][1] = leaf.extent[2][0][1].wrapping_add(1));
    is_refused(&|leaf| leaf.unit[4][1] += 1);
}

/// An image of points so near each other that in the first block all pairs but the first are narrow.
fn narrow_image() -> Vec<u8> {
    let mut random = Random::new(1);
    let (vectors, labels) = (0..REFERENCES).map(|_| (random.query(0, 200), random.label())).unzip();
    let mut image = Points { vectors, labels }.build();
    let leaves: &[Leaf] = bytemuck::cast_slice(section(&mut image, SectionKind::Leaves));
    // Seven digits of base 3, each 1 but the lowest.
    assert_eq!(leaves[0].formats[0], (FORMATS - 1) / 2 + 1, "the first block is packed otherwise");
    image
}

/// Changes a least value to which a block's bytes are added.
fn narrow_least_after(change: impl FnOnce(&mut i16)) -> OpenError {
    let mut image = narrow_image();
    change(&mut bytemuck::cast_slice_mut::<u8, Leaf>(section(&mut image, SectionKind::Leaves))[0].lower[1][0][0]);
    reseal(&mut image);
    refusal(&image)
}

#[test]
fn moved_points_are_rejected() {
    // The least of a block no longer is where it was written.
    let error = narrow_least_after(|least| *least -= 1);
    assert!(
        matches!(
            error,
            OpenError::Tree(TreeError::WrongBox { .. }) | OpenError::Tree(TreeError::ValueOutOfRange { .. })
        ),
        "{error}"
    );
    let error = leaves_after(|leaves| leaves[0].lower[0][0][0] -= 1);
    assert_eq!(error, OpenError::Tree(TreeError::WrongLeaf { leaf: 0, what: "its boxes" }));
    let error = refusal_after(|image| section(image, SectionKind::Blocks)[1] ^= 0x08);
    assert!(
        matches!(
            error,
            OpenError::Tree(TreeError::WrongLeaf { .. }) | OpenError::Tree(TreeError::ValueOutOfRange { .. })
        ),
        "{error}"
    );
}

#[test]
fn a_value_outside_the_scale_is_rejected() {
    let error = narrow_least_after(|least| *least = -1);
    assert!(matches!(error, OpenError::Tree(TreeError::ValueOutOfRange { value: ..0, .. })), "{error}");
    let error = narrow_least_after(|least| *least = 20_000);
    assert!(matches!(error, OpenError::Tree(TreeError::ValueOutOfRange { value: 20_001.., .. })), "{error}");
    // A wide pair holds the values themselves.
    for (value, found) in [(20_001u16, 20_001), (u16::MAX, -1)] {
        let error =
            refusal_after(|image| section(image, SectionKind::Blocks)[..2].copy_from_slice(&value.to_le_bytes()));
        assert_eq!(error, OpenError::Tree(TreeError::ValueOutOfRange { block: 0, lane: 0, value: found }));
    }
}

#[test]
fn packed_bytes_that_are_no_vectors_are_rejected() {
    // No such format.
    assert_eq!(
        leaves_after(|leaves| leaves[0].formats[0] = 2_187),
        OpenError::Tree(TreeError::BlockFormat { block: 0 })
    );
    // Past 16 bits.
    let error = narrow_least_after(|least| *least = i16::MAX);
    assert!(matches!(error, OpenError::Tree(TreeError::BlockFormat { .. })), "{error}");
}

#[test]
fn a_block_that_does_not_fill_its_cache_lines_is_rejected() {
    let mut image = narrow_image();
    // The first pair as bytes too, its differences from the least instead of its values: the same points in half a line less.
    let leaf = &mut bytemuck::cast_slice_mut::<u8, Leaf>(section(&mut image, SectionKind::Leaves))[0];
    leaf.formats[0] -= 1;
    let least = leaf.lower[0][0];
    let block = &mut section(&mut image, SectionKind::Blocks)[..8 * PACKED_UNIT];
    for place in 0..PACKED_UNIT {
        let value = i16::from_le_bytes([block[2 * place], block[2 * place + 1]]);
        block[place] = (value - least[place % 2]) as u8;
    }
    block.copy_within(2 * PACKED_UNIT.., PACKED_UNIT);
    block[7 * PACKED_UNIT..].fill(0);
    reseal(&mut image);
    assert_eq!(refusal(&image), OpenError::Tree(TreeError::WrongLeaf { leaf: 0, what: "the packing of its blocks" }));
}

#[test]
fn a_block_said_to_lie_elsewhere_is_rejected() {
    let error = leaves_after(|leaves| leaves[0].places[1] += 1);
    assert!(
        matches!(
            error,
            OpenError::Tree(TreeError::WrongLeaf { .. }) | OpenError::Tree(TreeError::ValueOutOfRange { .. })
        ),
        "{error}"
    );
}

#[test]
fn a_block_of_no_points_or_too_many_is_rejected() {
    for points in [0, 17, 255] {
        let error = leaves_after(|leaves| leaves[0].points[0] = points);
        assert_eq!(error, OpenError::Tree(TreeError::BlockPoints { block: 0, points }));
    }
}

#[test]
fn a_block_past_the_end_is_rejected() {
    let error = leaves_after(|leaves| {
        let last = leaves.last_mut().unwrap();
        let lane = last.blocks().count_ones() as usize - 1;
        last.places[lane] = 255;
    });
    assert!(matches!(error, OpenError::Tree(TreeError::BlockOutOfRange { .. })), "{error}");
}

#[test]
fn more_blocks_than_references_are_rejected() {
    let mut image = image();
    let references = &*section(&mut image, SectionKind::References);
    let error = refusal_with(SectionKind::References, &references[..references.len() - 48]);
    assert!(matches!(error, OpenError::Tree(TreeError::BlockOutOfRange { .. })), "{error}");
    let error = refusal_with(SectionKind::References, &references[..references.len() - 16]);
    assert!(matches!(error, OpenError::Tree(TreeError::ReferenceRow { .. })), "{error}");
    let error = refusal_with(SectionKind::References, &[references, &[0xff; 48]].concat());
    assert!(matches!(error, OpenError::Tree(TreeError::Unreachable { kind: "block", .. })), "{error}");
}

#[test]
fn blocks_without_zeros_behind_them_are_rejected() {
    let mut image = image();
    let blocks = section(&mut image, SectionKind::Blocks).to_vec();
    for wrong in [
        [&blocks[..], &[0; BLOCK_ALIGNMENT]].concat(),
        blocks[..blocks.len() - BLOCK_ALIGNMENT].to_vec(),
        [&blocks[..blocks.len() - 1], &[1]].concat(),
        vec![0; PACKED_MAX - BLOCK_ALIGNMENT],
    ] {
        let error = refusal_with(SectionKind::Blocks, &wrong);
        assert!(
            matches!(error, OpenError::Tree(TreeError::PackedEnd) | OpenError::Tree(TreeError::BlockOutOfRange { .. })),
            "{error}"
        );
    }
}

#[test]
fn a_changed_label_is_rejected() {
    let error = leaves_after(|leaves| leaves[0].frauds[0] ^= 1);
    assert!(
        matches!(
            error,
            OpenError::Tree(TreeError::WrongBox { .. })
                | OpenError::Tree(TreeError::WrongHolds { .. })
                | OpenError::Tree(TreeError::WrongLeaf { .. })
        ),
        "{error}"
    );
    let error = leaves_after(|leaves| {
        let lanes = leaves.iter_mut().flat_map(|leaf| leaf.points.iter().zip(&mut leaf.frauds));
        let (_, frauds) = lanes.into_iter().find(|(points, _)| (1..16).contains(*points)).unwrap();
        *frauds |= 1 << 15;
    });
    assert!(matches!(error, OpenError::Tree(TreeError::WrongLeaf { what: "its labels", .. })), "{error}");
}

#[test]
fn a_reference_that_does_not_exist_is_rejected() {
    let error = references_after(|rows| set_reference(rows, 15, REFERENCES));
    assert_eq!(error, OpenError::Tree(TreeError::ReferenceOutOfRange { block: 0, lane: 15, reference: REFERENCES }));
}

#[test]
fn references_of_a_block_out_of_order_are_rejected() {
    let error = references_after(|rows| {
        let third = rows[9..12].to_vec();
        rows.copy_within(12..15, 9);
        rows[12..15].copy_from_slice(&third);
    });
    assert_eq!(error, OpenError::Tree(TreeError::ReferencesOutOfOrder { block: 0, lane: 4 }));
}

#[test]
fn a_reference_that_is_there_twice_is_rejected() {
    let error = references_after(|rows| rows.copy_within(0..3, 3));
    assert!(matches!(error, OpenError::Tree(TreeError::ReferenceTwice { block: 0, lane: 1, .. })), "{error}");
}

#[test]
fn a_hole_between_the_points_of_a_block_and_one_too_many_are_rejected() {
    let error = references_after(|rows| set_reference(rows, 3, u32::MAX));
    assert_eq!(error, OpenError::Tree(TreeError::ReferenceOutOfRange { block: 0, lane: 3, reference: u32::MAX }));
    let mut image = image();
    let leaves: &[Leaf] = bytemuck::cast_slice(section(&mut image, SectionKind::Leaves));
    let (block, points) = leaves
        .iter()
        .flat_map(|leaf| (0..16).map(move |lane| (leaf.number(lane), leaf.points[lane])))
        .find(|(_, points)| (1..16).contains(points))
        .unwrap();
    let error = references_after(|rows| set_reference(&mut rows[48 * block..], usize::from(points), 5));
    assert_eq!(
        error,
        OpenError::Tree(TreeError::UnusedLane { kind: "block", position: block as u32, lane: usize::from(points) })
    );
}
