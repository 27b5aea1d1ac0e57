//! The proof that all five nearest have one label, which most queries allow.

use transaction::Label;

use super::best::Best;
use super::nearest::{Wanted, distances, nearest, scan};
use super::{Child, Tree};
use crate::NEIGHBOURS;
use crate::format::EMPTY_TAG;
use crate::kernel::{Distance, Kernel};

/// What could be proved.
pub(super) enum Proof<D: Distance> {
    /// All five nearest have this label.
    Pure(Label),
    /// Nothing, but the keys of the five nearest are below this one.
    Below(D::Key),
}

/// Tries to prove the answer by five points of one label.
#[inline(always)]
pub(super) fn prove<K: Kernel>(kernel: K, tree: &Tree<'_>, query: &K::Prepared) -> Proof<K::Distance> {
    let five = nearest_block(kernel, tree, query);
    let radius = five.worst();
    let below = radius.key(EMPTY_TAG);
    let frauds: u32 = five.keys.iter().map(|key| K::Distance::split(*key).1 & 1).sum();
    let (label, other) = match frauds {
        // A block of fewer than five points bounds nothing.
        _ if !five.is_full() => return Proof::Below(below),
        0 => (Label::Legit, Label::Fraud),
        5 => (Label::Fraud, Label::Legit),
        _ => return Proof::Below(below),
    };
    let [opponent] = nearest::<K, 1>(kernel, tree, query, Wanted { label: Some(other), below, any: false }).keys;
    if opponent == below {
        return Proof::Pure(label);
    }
    // The block was not near enough. But any five that come before the nearest of the other label prove it too.
    let before = Wanted { label: Some(label), below: opponent, any: true };
    if nearest::<K, NEIGHBOURS>(kernel, tree, query, before).is_full() {
        return Proof::Pure(label);
    }
    Proof::Below(below)
}

/// The five nearest points of the block at the end of the walk that takes the nearest box of each node.
#[inline(always)]
fn nearest_block<K: Kernel>(kernel: K, tree: &Tree<'_>, query: &K::Prepared) -> Best<K::Distance, NEIGHBOURS> {
    let mut node = &tree.nodes[0];
    loop {
        let (lane, _) = kernel.least(&distances(kernel, query, node, None));
        match tree.child(node.children[lane]) {
            Child::Node(next) => node = next,
            Child::Block(block) => {
                let mut five = Best::below(K::Distance::UNBOUNDED.key(EMPTY_TAG));
                scan(kernel, query, block, None, &mut five);
                return five;
            }
        }
    }
}
