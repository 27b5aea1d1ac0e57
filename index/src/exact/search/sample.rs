//! The first step: the block of the sample nearest to the query, and what it proves.

use space::{Label, NEIGHBOURS};

use super::candidates::{Candidates, Nearest, scan_blocks};
use super::context::Context;
use super::effort::Count;
use super::nearest_leaf;
use crate::kernel::{Distance, Kernel};
use crate::lanes::LANES;

/// What the sample says.
pub(super) enum Look<K: Kernel> {
    /// All five nearest have this label.
    Proved(Label),
    /// Five of the sample, or fewer if the nearest leaf has not as many.
    Five(Nearest<K>),
}

/// Blocks that are scanned beside the nearest if that proves nothing. More of them find a nearer fifth, which prunes more
/// later; beyond four that no longer pays for their own time.
const BESIDE: usize = 4;
/// The same if the nearest block's five have both labels: most likely a search follows, which finds nearer points itself.
const BESIDE_MIXED: usize = 2;

/// Looks at the block of the sample that the walk by nearest boxes ends at, and then at those beside it. All references of
/// one of the labels are at least `apart` away.
#[inline(always)]
pub(super) fn look<K: Kernel>(context: Context<'_, '_, K>, apart: K::Distance, count: &mut impl Count) -> Look<K> {
    let Context { kernel, query, .. } = context;
    let (leaf, _) = nearest_leaf::find(context, context.trees.sample(), count);
    count.leaf();
    let boxes = kernel.mask(kernel.leaf_distances(query, leaf), leaf.blocks());
    let lane = kernel.argmin(boxes);
    count.block();
    let points = context.to_points(leaf, lane);
    if let Some(nearer) = apart.before() {
        // Whatever is nearer than that is of the other label.
        let near = kernel.le_mask(points, nearer) & leaf.lanes(lane);
        if near.count_ones() >= NEIGHBOURS as u32 {
            return Look::Proved(if near & leaf.frauds[lane] == 0 { Label::Legit } else { Label::Fraud });
        }
    }
    let mut nearest = Nearest::within(kernel, K::Distance::UNBOUNDED);
    nearest.take(points, leaf.lanes(lane), leaf.frauds[lane]);
    nearest.settle();
    let mut near = kernel.le_mask(boxes, nearest.worst()) & leaf.blocks() & !(1 << lane);
    let most = if nearest.label().is_some() { BESIDE } else { BESIDE_MIXED };
    let mut beside = 0;
    for _ in 0..most {
        if near == 0 {
            break;
        }
        let next = 1 << kernel.argmin(kernel.mask(boxes, near));
        beside |= next;
        near &= !next;
    }
    scan_blocks(context, leaf, beside, &mut nearest, count);
    Look::Five(nearest)
}

const _: () = assert!(LANES >= NEIGHBOURS);
