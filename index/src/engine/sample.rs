//! The first look: the block of the sample nearest to the query, and what it proves.

use transaction::Label;

use super::candidates::{Candidates, Nearest, Place};
use super::effort::Count;
use crate::NEIGHBOURS;
use crate::format::{Child, LANES, Leaf};
use crate::kernel::{Distance, FOUND, Kernel};

/// What the sample says.
pub(super) enum Look<K: Kernel> {
    /// All five nearest have this label.
    Proved(Label),
    /// Five of the sample, or fewer if the nearest leaf has not as many.
    Five(Nearest<K>),
}

/// Blocks that are looked at beside the nearest if that proves nothing. With more of them the fifth is nearer, which
/// shortens what follows; from four on that is no longer worth their own time.
const BESIDE: usize = 4;

/// Looks at the block of the sample that the walk by nearest boxes ends at, and then at those beside it. All references of
/// one of the labels are at least `apart` away.
#[inline(always)]
pub(super) fn look<K: Kernel>(place: Place<'_, '_, K>, apart: K::Distance, count: &mut impl Count) -> Look<K> {
    let Place { kernel, query, .. } = place;
    let leaf = nearest_leaf(place, count);
    count.leaf();
    let boxes = kernel.only(kernel.leaf_distances(query, leaf), leaf.blocks());
    let lane = kernel.nearest(boxes);
    count.block();
    let points = place.to_points(leaf, lane);
    if let Some(nearer) = apart.before() {
        // Whatever is nearer than that is of the other label.
        let near = kernel.at_most(points, nearer) & leaf.lanes(lane);
        if near.count_ones() >= NEIGHBOURS as u32 {
            return Look::Proved(if near & leaf.frauds[lane] == 0 { Label::Legit } else { Label::Fraud });
        }
    }
    let mut nearest = Nearest::within(kernel, K::Distance::UNBOUNDED);
    let mut keys = [K::Distance::MAX; FOUND];
    let written = kernel.write_keys(points, leaf.lanes(lane), leaf.frauds[lane], &mut keys, 0);
    nearest.insert(&keys[..written]);
    let mut near = kernel.at_most(boxes, nearest.worst()) & leaf.blocks() & !(1 << lane);
    let mut beside = 0;
    for _ in 0..BESIDE {
        if near == 0 {
            break;
        }
        let next = 1 << kernel.nearest(kernel.only(boxes, near));
        beside |= next;
        near &= !next;
    }
    nearest.scan(place, leaf, beside, count);
    Look::Five(nearest)
}

/// The leaf at the end of the walk that takes the nearest box of each node.
///
/// Below the root only boxes of the label of its nearest are compared: five of one label are looked for.
#[inline(always)]
fn nearest_leaf<'a, K: Kernel>(place: Place<'_, 'a, K>, count: &mut impl Count) -> &'a Leaf {
    let Place { kernel, trees, query } = place;
    let root = trees.sample();
    count.boxes();
    count.boxes();
    let legit = kernel.only(kernel.box_distances(query, &root.boxes[Label::Legit as usize]), root.holds[0]);
    let fraud = kernel.only(kernel.box_distances(query, &root.boxes[Label::Fraud as usize]), root.holds[1]);
    let lane = kernel.nearest(kernel.nearer(legit, fraud));
    let label = usize::from(kernel.each(fraud)[lane] <= kernel.each(legit)[lane]);
    let mut child = root.children[lane];
    loop {
        match trees.child(child) {
            Child::Leaf(leaf) => return leaf,
            Child::Node(node) => {
                count.boxes();
                let boxes = kernel.only(kernel.box_distances(query, &node.boxes[label]), node.holds[label]);
                child = node.children[kernel.nearest(boxes)];
            }
        }
    }
}

const _: () = assert!(LANES >= NEIGHBOURS);
