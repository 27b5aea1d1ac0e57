//! Proof that the nodes and blocks of an image are one tree whose boxes can be trusted.
//!
//! The engine prunes by boxes and follows children without a check of its own, so each of its assumptions is
//! checked here: a walk from the root meets every node and block exactly once and in storage order, each box is
//! the smallest one around its points, each reference appears once, and every unused lane is empty.

use transaction::{DIMENSIONS, SCALE};

use super::layout::{Lanes, vector};
use super::{BLOCK_FLAG, Block, Boxes, EMPTY_TAG, LANES, MAX_DEPTH, Node, OpenError, tag_label, tag_reference};

/// The smallest box around some points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub lower: [i16; DIMENSIONS],
    pub upper: [i16; DIMENSIONS],
}

impl Bounds {
    /// The box of no points: any other grows it.
    pub(crate) const EMPTY: Self = Self { lower: [i16::MAX; DIMENSIONS], upper: [i16::MIN; DIMENSIONS] };

    pub(crate) fn include(&mut self, other: &Self) {
        for dimension in 0..DIMENSIONS {
            self.lower[dimension] = self.lower[dimension].min(other.lower[dimension]);
            self.upper[dimension] = self.upper[dimension].max(other.upper[dimension]);
        }
    }

    pub(crate) fn include_point(&mut self, point: &[i16; DIMENSIONS]) {
        self.include(&Self { lower: *point, upper: *point });
    }
}

/// The boxes around the points of each label.
pub(crate) type LabelBounds = [Bounds; 2];

/// Checks the tree against the header's counts; returns the box around all points.
pub(crate) fn validate_tree(
    nodes: &[Node],
    blocks: &[Block],
    references: u32,
    frauds: u32,
) -> Result<Bounds, OpenError> {
    if nodes.is_empty() {
        return Err(OpenError::ElementCount { section: "nodes", found: 0, required: "at least one" });
    }
    let mut walk = Walk {
        nodes,
        blocks,
        next_node: 1,
        next_block: 0,
        seen: vec![0; (references as usize).div_ceil(64)],
        references,
        points: 0,
        frauds: 0,
    };
    let [legit, fraud] = walk.node(0, 1)?;
    if (walk.next_node as usize) < nodes.len() {
        return Err(OpenError::Unreachable { kind: "node", first: walk.next_node });
    }
    if (walk.next_block as usize) < blocks.len() {
        return Err(OpenError::Unreachable { kind: "block", first: walk.next_block });
    }
    if walk.points != u64::from(references) {
        return Err(OpenError::PointCount { header: references, found: walk.points });
    }
    if walk.frauds != frauds {
        return Err(OpenError::FraudCount { header: frauds, found: walk.frauds });
    }
    let mut bounds = legit;
    bounds.include(&fraud);
    Ok(bounds)
}

struct Walk<'a> {
    nodes: &'a [Node],
    blocks: &'a [Block],
    next_node: u32,
    next_block: u32,
    /// One bit a reference.
    seen: Vec<u64>,
    references: u32,
    points: u64,
    frauds: u32,
}

impl Walk<'_> {
    fn node(&mut self, position: u32, depth: usize) -> Result<LabelBounds, OpenError> {
        if depth > MAX_DEPTH {
            return Err(OpenError::TooDeep { node: position });
        }
        let node = &self.nodes[position as usize];
        let lanes = node.holds[0] | node.holds[1];
        if lanes == 0 || lanes & lanes.wrapping_add(1) != 0 {
            return Err(OpenError::LanesInUse { node: position, lanes });
        }
        if node.reserved != [0; 15] {
            return Err(OpenError::ReservedNotZero { place: "node" });
        }
        let mut bounds = [Bounds::EMPTY; 2];
        for lane in 0..node.count() {
            let inside = self.child(position, lane, node.children[lane], depth)?;
            for label in 0..2 {
                check_box(position, node, lane, label, &inside[label])?;
                bounds[label].include(&inside[label]);
            }
        }
        for lane in node.count()..LANES {
            if node.children[lane] != 0 || !node.boxes.iter().all(|boxes| is_empty(boxes, lane)) {
                return Err(OpenError::UnusedLane { kind: "node", position, lane });
            }
        }
        Ok(bounds)
    }

    fn child(&mut self, node: u32, lane: usize, child: u32, depth: usize) -> Result<LabelBounds, OpenError> {
        let position = child & !BLOCK_FLAG;
        let is_block = child & BLOCK_FLAG != 0;
        let (existing, due) = match is_block {
            true => (self.blocks.len(), &mut self.next_block),
            false => (self.nodes.len(), &mut self.next_node),
        };
        if position as usize >= existing {
            return Err(OpenError::ChildOutOfRange { node, lane, child });
        }
        if position != *due {
            return Err(OpenError::ChildOutOfOrder { node, lane, child });
        }
        *due += 1;
        if is_block { self.block(position) } else { self.node(position, depth + 1) }
    }

    fn block(&mut self, position: u32) -> Result<LabelBounds, OpenError> {
        let block = &self.blocks[position as usize];
        let count = block.tags.iter().position(|tag| *tag == EMPTY_TAG).unwrap_or(LANES);
        if count == 0 {
            return Err(OpenError::EmptyBlock { block: position });
        }
        let mut bounds = [Bounds::EMPTY; 2];
        for lane in 0..count {
            self.reference(position, lane, block)?;
            let point = block.vector(lane);
            if let Some(dimension) = point.iter().position(|value| !(-SCALE..=SCALE).contains(value)) {
                return Err(OpenError::ValueOutOfRange { block: position, lane, dimension, value: point[dimension] });
            }
            bounds[tag_label(block.tags[lane]) as usize].include_point(&point);
        }
        for lane in count..LANES {
            if block.tags[lane] != EMPTY_TAG || !lane_is_zero(&block.vectors, lane) {
                return Err(OpenError::UnusedLane { kind: "block", position, lane });
            }
        }
        Ok(bounds)
    }

    fn reference(&mut self, block: u32, lane: usize, content: &Block) -> Result<(), OpenError> {
        let tag = content.tags[lane];
        let reference = tag_reference(tag);
        if reference >= self.references {
            return Err(OpenError::ReferenceOutOfRange { block, lane, reference });
        }
        if lane > 0 && tag_reference(content.tags[lane - 1]) > reference {
            return Err(OpenError::ReferencesOutOfOrder { block, lane });
        }
        let (word, bit) = (reference as usize / 64, 1 << (reference % 64));
        if self.seen[word] & bit != 0 {
            return Err(OpenError::ReferenceTwice { block, lane, reference });
        }
        self.seen[word] |= bit;
        self.points += 1;
        self.frauds += tag & 1;
        Ok(())
    }
}

fn lane_is_zero(lanes: &Lanes, lane: usize) -> bool {
    lanes.iter().all(|pair| pair[lane] == [0, 0])
}

/// Whether the box of `label` in a lane is the one around the points of that label, and none where there are none.
fn check_box(position: u32, node: &Node, lane: usize, label: usize, inside: &Bounds) -> Result<(), OpenError> {
    let holds = *inside != Bounds::EMPTY;
    if (node.holds[label] >> lane & 1 == 1) != holds {
        return Err(OpenError::WrongHolds { node: position, lane, label });
    }
    let boxes = &node.boxes[label];
    let right = match holds {
        true => vector(&boxes.lower, lane) == inside.lower && vector(&boxes.upper, lane) == inside.upper,
        false => is_empty(boxes, lane),
    };
    if right { Ok(()) } else { Err(OpenError::WrongBox { node: position, lane, label }) }
}

fn is_empty(boxes: &Boxes, lane: usize) -> bool {
    lane_is_zero(&boxes.lower, lane) && lane_is_zero(&boxes.upper, lane)
}
