//! How far a block of one label is from everything of the other: what lets the sample prove an answer by itself.

use transaction::Label;

use super::{BlockPoints, Bounds, Child, LANES, Leaf, Node, Trees, block_box};

/// What is written about blocks of more than one label: nothing can be proved from them.
const NO_CLEARANCE: u16 = 0;

/// How far, at least, every reference of the other label is from the box around a block of one label, in units of
/// 1/10000, rounded down; 0 for a block of both labels.
///
/// The nearest box first, until nothing nearer is left.
pub(crate) fn clearance(trees: &Trees<'_>, block: &BlockPoints) -> u16 {
    let other = match block.label_bounds() {
        [_, Bounds::EMPTY] => Label::Fraud,
        [Bounds::EMPTY, _] => Label::Legit,
        _ => return NO_CLEARANCE,
    };
    let from = block.bounds();
    let mut nearest = u64::MAX;
    let mut open: Vec<(u64, Child<'_>)> =
        [Some(trees.sample()), trees.rest()].into_iter().flatten().map(|root| (0, Child::Node(root))).collect();
    while let Some((distance, child)) = open.pop() {
        if distance >= nearest {
            continue;
        }
        match child {
            Child::Node(node) => open_node(trees, node, &from, other, nearest, &mut open),
            Child::Leaf(leaf) => nearest = nearest.min(nearest_in(trees, leaf, &from, other, nearest)),
        }
    }
    // Exact: a root of less than 2^53 is rounded correctly, and no square but its own is as near as the last bit.
    (nearest as f64).sqrt().floor().min(f64::from(u16::MAX)) as u16
}

/// Puts the children that may hold something nearer on the stack, the nearest on top.
fn open_node<'a>(
    trees: &Trees<'a>,
    node: &Node,
    from: &Bounds,
    label: Label,
    nearest: u64,
    open: &mut Vec<(u64, Child<'a>)>,
) {
    let before = open.len();
    let boxes = &node.boxes[label as usize];
    for lane in 0..node.count() {
        if node.holds[label as usize] >> lane & 1 == 1 {
            let distance = from.distance(&boxes.at(lane));
            if distance < nearest {
                open.push((distance, trees.child(node.children[lane])));
            }
        }
    }
    open[before..].sort_by_key(|(distance, _)| std::cmp::Reverse(*distance));
}

fn nearest_in(trees: &Trees<'_>, leaf: &Leaf, from: &Bounds, label: Label, mut nearest: u64) -> u64 {
    for lane in 0..LANES {
        let holds = leaf.holds[label as usize] >> lane & 1 == 1;
        if !holds || from.distance(&block_box(leaf, lane)) >= nearest {
            continue;
        }
        // The section was checked, or just written.
        let Some(block) = trees.block(leaf, lane) else { continue };
        for point in (0..usize::from(block.points)).filter(|point| block.label(*point) == label) {
            let point = block.point(point);
            nearest = nearest.min(from.distance(&Bounds { lower: point, upper: point }));
        }
    }
    nearest
}
