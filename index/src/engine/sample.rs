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

/// Goes to the nearest block of the sample, by the nearest box at each step. No reference of one of the labels is within
/// `free`.
#[inline(always)]
pub(super) fn look<K: Kernel>(place: Place<'_, '_, K>, free: u64, count: &mut impl Count) -> Look<K> {
    let Place { kernel, query, .. } = place;
    let leaf = nearest_leaf(place, count);
    count.leaf();
    let boxes = kernel.only(kernel.leaf_distances(query, leaf), leaf.blocks());
    let lane = kernel.nearest(boxes);
    count.block();
    let points = place.to_points(leaf, lane);
    let free = K::Distance::from_sum(free.min(K::Distance::UNBOUNDED.sum() - 1));
    let near = kernel.at_most(points, free) & leaf.lanes(lane);
    if near.count_ones() >= NEIGHBOURS as u32 {
        return Look::Proved(if near & leaf.frauds[lane] == 0 { Label::Legit } else { Label::Fraud });
    }
    let mut nearest = Nearest::within(kernel, K::Distance::UNBOUNDED);
    let mut keys = [K::Distance::MAX; FOUND];
    let written = kernel.write_keys(points, leaf.lanes(lane), leaf.frauds[lane], &mut keys, 0);
    nearest.insert(&keys[..written]);
    // The blocks around it are at hand, and a nearer fifth saves more elsewhere.
    let mut around = kernel.at_most(boxes, nearest.worst()) & leaf.blocks() & !(1 << lane);
    let most = *super::AROUND;
    if most < 16 {
        let mut some = 0;
        for _ in 0..most {
            if around == 0 { break; }
            let lane = kernel.nearest(kernel.only(boxes, around));
            some |= 1 << lane;
            around &= !(1 << lane);
        }
        around = some;
    }
    nearest.scan(place, leaf, around, count);
    Look::Five(nearest)
}

/// The leaf at the end of the walk that takes the nearest box of each node.
#[inline(always)]
fn nearest_leaf<'a, K: Kernel>(place: Place<'_, 'a, K>, count: &mut impl Count) -> &'a Leaf {
    let Place { kernel, trees, query } = place;
    let root = trees.sample();
    count.boxes();
    count.boxes();
    let legit = kernel.only(kernel.box_distances(query, &root.boxes[0]), root.holds[0]);
    let fraud = kernel.only(kernel.box_distances(query, &root.boxes[1]), root.holds[1]);
    let nearer = kernel.nearer(legit, fraud);
    let lane = kernel.nearest(nearer);
    let label = usize::from(kernel.each(fraud)[lane] <= kernel.each(legit)[lane]);
    let mut child = root.children[lane];
    loop {
        match trees.child(child) {
            Child::Leaf(leaf) => return leaf,
            Child::Node(node) => {
                let lane = if *super::ONE {
                    count.boxes();
                    kernel.nearest(kernel.only(kernel.box_distances(query, &node.boxes[label]), node.holds[label]))
                } else {
                    count.boxes();
                    count.boxes();
                    let legit = kernel.only(kernel.box_distances(query, &node.boxes[0]), node.holds[0]);
                    let fraud = kernel.only(kernel.box_distances(query, &node.boxes[1]), node.holds[1]);
                    kernel.nearest(kernel.nearer(legit, fraud))
                };
                child = node.children[lane];
            }
        }
    }
}

/// The squared radius around a query that is free of the other label.
///
/// Let p be the query q moved into the box around all references, `beyond` = |q - p|², c the `clearance`, how far at least
/// everything of the other label is from the box of a block, `to_box` = |p - b|² with b the point of that box nearest to p.
/// For each reference x of the other label:
/// - |x - b| >= c, so by the triangle inequality |x - p| >= c - |p - b|;
/// - in each dimension x lies on p's side of q or p = q there, so (x - q)² = (x - p)² + (p - q)² + 2 (x - p)(p - q) with a last
///   term that is not negative: |x - q|² >= |x - p|² + |p - q|².
///
/// What is *nearer* than (c - |p - b|)² + |p - q|² comes before x, whatever their numbers; distances are whole, so nearer is at
/// most one less.
#[allow(dead_code)]
#[inline(always)]
fn clear_radius(clearance: u16, to_box: u64, beyond: u64) -> Option<u64> {
    // Rounded up: to_box is below 2^53, so the root is rounded correctly, and `ceil` undoes no rounding up.
    let radius = i64::from(clearance) - (to_box as f64).sqrt().ceil() as i64;
    (radius > 0).then(|| (radius * radius) as u64 + beyond - 1)
}

const _: () = assert!(LANES >= NEIGHBOURS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clear_radius_is_never_too_large() {
        assert_eq!(clear_radius(0, 0, 7), None);
        assert_eq!(clear_radius(5, 25, 7), None);
        assert_eq!(clear_radius(5, 0, 7), Some(31));
        for clearance in [1u16, 2, 100, 9_999, u16::MAX] {
            for root in (0..80_000u64).step_by(37) {
                for to_box in [root * root, root * root + 1, (root + 1) * (root + 1) - 1] {
                    let Some(radius) = clear_radius(clearance, to_box, 0) else { continue };
                    // (clearance - sqrt(to_box))^2 > radius, in whole numbers: clearance > sqrt(to_box) + sqrt(radius),
                    // so clearance^2 - to_box - radius > 2 sqrt(to_box * radius).
                    let rest = i128::from(clearance).pow(2) - i128::from(to_box) - i128::from(radius);
                    assert!(rest > 0 && rest.pow(2) > 4 * i128::from(to_box) * i128::from(radius));
                }
            }
        }
    }
}
