//! What a validation would return for trees that have passed one, without reading them all again.

use crate::exact::error::TreeError;
use crate::exact::layout::{Bounds, LEAF_FLAG, LabelBounds, Trees};
use crate::exact::shape::Shape;

/// What [`validate_trees`](super::validate_trees) returns for trees that it has accepted before, from their nodes and the
/// sample's leaves alone.
pub(crate) fn survey_trees(trees: &Trees<'_>) -> Result<(LabelBounds, Shape), TreeError> {
    let mut bounds = [Bounds::EMPTY; 2];
    let mut depths = vec![1; trees.nodes.len()];
    let mut sample_leaves = 0;
    for (position, node) in trees.nodes.iter().enumerate() {
        let is_in_sample = trees.rest.is_none_or(|rest| position < rest as usize);
        let is_root = position == 0 || trees.rest == Some(position as u32);
        for lane in 0..node.count() {
            if is_root {
                for label in (0..2).filter(|label| node.holds[*label] >> lane & 1 == 1) {
                    bounds[label].include(&node.boxes[label].at(lane));
                }
            }
            let child = node.children[lane];
            if child & LEAF_FLAG != 0 {
                sample_leaves += usize::from(is_in_sample);
                continue;
            }
            let out_of_range = TreeError::ChildOutOfRange { node: position as u32, lane, child };
            *depths.get_mut(child as usize).ok_or(out_of_range)? = depths[position] + 1;
        }
    }
    let leaves = trees.leaves.iter().take(sample_leaves);
    let shape = Shape {
        depth: depths.iter().copied().max().unwrap_or(0),
        blocks: trees.references.blocks() as u32,
        sample: leaves.flat_map(|leaf| leaf.points).map(u32::from).sum(),
    };
    Ok((bounds, shape))
}
