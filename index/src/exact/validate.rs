//! Proof that the nodes, leaves and blocks of an image are two trees whose boxes can be trusted.
//!
//! The engine prunes by boxes and follows children without a check of its own, so each of its assumptions is checked here:
//! a walk from each root meets every node, leaf and block exactly once and in storage order, each leaf is what its points
//! would be written as, each box is right, each reference appears once, and every unused lane is empty.

mod survey;

pub(crate) use survey::survey_trees;

use space::{Progress, SCALE};

use crate::lanes::{LANES, PAIRS};

use super::error::TreeError;
use super::layout::{
    BlockPoints, Bounds, FORMATS, LEAF_FLAG, LabelBounds, Leaf, MAX_DEPTH, NO_REFERENCE, Node, PACKED_MAX, Trees,
    decoding, encode_leaf,
};
use super::shape::Shape;

/// Leaves that are checked between two calls of the progress: they take a millisecond or two.
const LEAVES_BETWEEN_TELLING: u32 = 64;

/// Checks the trees against the header's counts; returns the boxes around all points of each label, and their shape.
/// Tells how far it is, as the phase `trees` in leaves.
pub(crate) fn validate_trees(
    trees: &Trees<'_>,
    references: u32,
    frauds: u32,
    progress: &Progress<'_>,
) -> Result<(LabelBounds, Shape), TreeError> {
    if trees.nodes.is_empty() {
        return Err(TreeError::ElementCount { section: "nodes", found: 0, required: "at least one" });
    }
    if trees.packed.len() < PACKED_MAX {
        return Err(TreeError::PackedEnd);
    }
    let mut walk = Walk::new(trees, references, progress);
    let mut bounds = walk.root(0)?;
    let sample = walk.points as u32;
    if let Some(root) = trees.rest {
        if root != walk.next_node || root as usize >= trees.nodes.len() {
            return Err(TreeError::RestRoot { found: root });
        }
        let rest = walk.root(root)?;
        bounds.iter_mut().zip(&rest).for_each(|(bounds, rest)| bounds.include(rest));
    }
    walk.tell();
    walk.finish(references, frauds)?;
    Ok((bounds, Shape { depth: walk.depth, blocks: walk.next_block, sample }))
}

struct Walk<'t, 'a> {
    trees: &'t Trees<'a>,
    progress: &'t Progress<'t>,
    next_node: u32,
    next_leaf: u32,
    next_block: u32,
    /// The packed bytes of the leaf at hand, written again.
    rewritten: Vec<u8>,
    /// Where the next leaf's packed bytes start.
    next_packed: usize,
    /// One bit a reference.
    seen: Vec<u64>,
    references: u32,
    points: u64,
    frauds: u32,
    depth: usize,
}

impl<'t, 'a> Walk<'t, 'a> {
    fn new(trees: &'t Trees<'a>, references: u32, progress: &'t Progress<'t>) -> Self {
        Self {
            trees,
            progress,
            next_node: 0,
            next_leaf: 0,
            next_block: 0,
            rewritten: Vec::with_capacity(LANES * PACKED_MAX),
            next_packed: 0,
            seen: vec![0; (references as usize).div_ceil(64)],
            references,
            points: 0,
            frauds: 0,
            depth: 0,
        }
    }

    fn tell(&self) {
        (self.progress)("trees", u64::from(self.next_leaf), self.trees.leaves.len() as u64);
    }

    fn root(&mut self, root: u32) -> Result<LabelBounds, TreeError> {
        self.next_node = root + 1;
        self.node(root, 1)
    }

    /// Nothing may be left over, and the counts must be the header's.
    fn finish(&self, references: u32, frauds: u32) -> Result<(), TreeError> {
        let trees = self.trees;
        if (self.next_node as usize) < trees.nodes.len() {
            return Err(TreeError::Unreachable { kind: "node", first: self.next_node });
        }
        if (self.next_leaf as usize) < trees.leaves.len() {
            return Err(TreeError::Unreachable { kind: "leaf", first: self.next_leaf });
        }
        if (self.next_block as usize) < trees.references.blocks() {
            return Err(TreeError::Unreachable { kind: "block", first: self.next_block });
        }
        let end = &trees.packed[self.next_packed..];
        if end.len() != PACKED_MAX || end.iter().any(|byte| *byte != 0) {
            return Err(TreeError::PackedEnd);
        }
        if self.points != u64::from(references) {
            return Err(TreeError::PointCount { header: references, found: self.points });
        }
        if self.frauds != frauds {
            return Err(TreeError::FraudCount { header: frauds, found: self.frauds });
        }
        Ok(())
    }

    fn node(&mut self, position: u32, depth: usize) -> Result<LabelBounds, TreeError> {
        if depth > MAX_DEPTH {
            return Err(TreeError::TooDeep { node: position });
        }
        self.depth = self.depth.max(depth);
        let node = &self.trees.nodes[position as usize];
        if !are_first(node.holds) {
            return Err(TreeError::LanesInUse { kind: "node", position });
        }
        if node.reserved != [0; 15] {
            return Err(TreeError::ReservedNotZero { place: "node" });
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
            if node.children[lane] != 0 || node.boxes.iter().any(|boxes| boxes.at(lane) != ZERO) {
                return Err(TreeError::UnusedLane { kind: "node", position, lane });
            }
        }
        Ok(bounds)
    }

    fn child(&mut self, node: u32, lane: usize, child: u32, depth: usize) -> Result<LabelBounds, TreeError> {
        let position = child & !LEAF_FLAG;
        let is_leaf = child & LEAF_FLAG != 0;
        let (existing, due) = match is_leaf {
            true => (self.trees.leaves.len(), &mut self.next_leaf),
            false => (self.trees.nodes.len(), &mut self.next_node),
        };
        if position as usize >= existing {
            return Err(TreeError::ChildOutOfRange { node, lane, child });
        }
        if position != *due {
            return Err(TreeError::ChildOutOfOrder { node, lane, child });
        }
        *due += 1;
        if is_leaf { self.leaf(position) } else { self.node(position, depth + 1) }
    }

    fn leaf(&mut self, position: u32) -> Result<LabelBounds, TreeError> {
        if position.is_multiple_of(LEAVES_BETWEEN_TELLING) {
            self.tell();
        }
        let leaf = &self.trees.leaves[position as usize];
        if !are_first(leaf.holds) {
            return Err(TreeError::LanesInUse { kind: "leaf", position });
        }
        if leaf.reserved != [0; 6] {
            return Err(TreeError::ReservedNotZero { place: "leaf" });
        }
        if leaf.offset(0) != self.next_packed || leaf.first_block != self.next_block {
            return Err(TreeError::BlocksOutOfOrder { leaf: position });
        }
        let mut blocks = arrayvec::ArrayVec::<BlockPoints, LANES>::new();
        for lane in 0..leaf.blocks().count_ones() as usize {
            blocks.push(self.block(position, leaf, lane)?);
        }
        let mut bounds = [Bounds::EMPTY; 2];
        for inside in blocks.iter().map(|block| block.label_bounds(&block.bounds())) {
            bounds.iter_mut().zip(&inside).for_each(|(bounds, inside)| bounds.include(inside));
        }
        self.rewrite(position, leaf, &blocks)?;
        Ok(bounds)
    }

    /// A leaf is right if its points would be written as it stands there.
    fn rewrite(&mut self, position: u32, leaf: &Leaf, blocks: &[BlockPoints]) -> Result<(), TreeError> {
        self.rewritten.clear();
        let mut right = encode_leaf(blocks, leaf.first_block, &mut self.rewritten);
        right.start = leaf.start;
        let stored = self.trees.packed.get(self.next_packed..self.next_packed + self.rewritten.len());
        let what = if (leaf.lower, leaf.extent, leaf.unit) != (right.lower, right.extent, right.unit) {
            "its boxes"
        } else if (leaf.holds, leaf.frauds) != (right.holds, right.frauds) {
            "its labels"
        } else if *leaf != right || stored != Some(&self.rewritten) {
            "the packing of its blocks"
        } else {
            self.next_packed += self.rewritten.len();
            return Ok(());
        };
        Err(TreeError::WrongLeaf { leaf: position, what })
    }

    fn block(&mut self, position: u32, leaf: &Leaf, lane: usize) -> Result<BlockPoints, TreeError> {
        let block = self.next_block;
        if block as usize >= self.trees.references.blocks() {
            return Err(TreeError::BlockOutOfRange { leaf: position, lane });
        }
        let points = leaf.points[lane];
        if !(1..=LANES as u8).contains(&points) {
            return Err(TreeError::BlockPoints { block, points });
        }
        if leaf.frauds[lane] & !leaf.lanes(lane) != 0 {
            return Err(TreeError::WrongLeaf { leaf: position, what: "its labels" });
        }
        if leaf.formats[lane] >= FORMATS {
            return Err(TreeError::BlockFormat { block });
        }
        let start = leaf.offset(lane);
        // The section ends with as many bytes as any block may have, none of them a block's.
        if start + usize::from(decoding(leaf.formats[lane]).bytes) + PACKED_MAX > self.trees.packed.len() {
            return Err(TreeError::BlockOutOfRange { leaf: position, lane });
        }
        let content = self.trees.block(leaf, lane).ok_or(TreeError::BlockFormat { block })?;
        check_values(block, &content)?;
        self.check_references(block, usize::from(points))?;
        self.next_block += 1;
        self.points += u64::from(points);
        self.frauds += content.frauds.count_ones();
        Ok(content)
    }

    fn check_references(&mut self, block: u32, points: usize) -> Result<(), TreeError> {
        let mut before = 0;
        for lane in 0..LANES {
            let reference = self.trees.references.get(block as usize, lane);
            if lane >= points {
                if reference != NO_REFERENCE {
                    return Err(TreeError::UnusedLane { kind: "block", position: block, lane });
                }
                continue;
            }
            if reference >= self.references {
                return Err(TreeError::ReferenceOutOfRange { block, lane, reference });
            }
            if before > reference {
                return Err(TreeError::ReferencesOutOfOrder { block, lane });
            }
            before = reference;
            let (word, bit) = (reference as usize / 64, 1 << (reference % 64));
            if self.seen[word] & bit != 0 {
                return Err(TreeError::ReferenceTwice { block, lane, reference });
            }
            self.seen[word] |= bit;
        }
        Ok(())
    }
}

/// Whether the lanes in use are one or more, from the first on.
fn are_first(holds: [u16; 2]) -> bool {
    let lanes = holds[0] | holds[1];
    lanes != 0 && lanes & lanes.wrapping_add(1) == 0
}

fn check_values(block: u32, content: &BlockPoints) -> Result<(), TreeError> {
    let all = content.values.as_flattened().as_flattened();
    let (least, greatest) =
        all.iter().fold((i16::MAX, i16::MIN), |(least, greatest), value| (least.min(*value), greatest.max(*value)));
    if least >= 0 && greatest <= 2 * SCALE {
        return Ok(());
    }
    // Unused lanes too: boxes are made from all 16.
    for lane in 0..LANES {
        let point = content.point(lane);
        if let Some(value) = point.as_flattened().iter().find(|value| !(0..=2 * SCALE).contains(*value)) {
            return Err(TreeError::ValueOutOfRange { block, lane, value: *value });
        }
    }
    Ok(())
}

const ZERO: Bounds = Bounds { lower: [[0; 2]; PAIRS], upper: [[0; 2]; PAIRS] };

/// Whether the box of `label` in a lane is the one around the points of that label, and none where there are none.
fn check_box(position: u32, node: &Node, lane: usize, label: usize, inside: &Bounds) -> Result<(), TreeError> {
    let holds = *inside != Bounds::EMPTY;
    if (node.holds[label] >> lane & 1 == 1) != holds {
        return Err(TreeError::WrongHolds { node: position, lane, label });
    }
    let right = if holds { *inside } else { ZERO };
    if node.boxes[label].at(lane) == right { Ok(()) } else { Err(TreeError::WrongBox { node: position, lane, label }) }
}
