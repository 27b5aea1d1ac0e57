//! The nearest points found so far: as labels, to count, or as references, to name.

use space::{Label, NEIGHBOURS};

use super::effort::Count;
use crate::exact::layout::{Leaf, NO_REFERENCE, Node, Trees};
use crate::kernel::{Distance, FOUND, FoundKeys, INSERTED, Kernel};
use crate::lanes::LANES;

/// What is asked for ahead of a block: the usual length. More would be the next block's.
const TYPICAL_BLOCK: usize = 384;

/// Labels, a bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Labels(u8);

impl Labels {
    pub(super) const LEGIT: Self = Self(1 << Label::Legit as u8);
    pub(super) const FRAUD: Self = Self(1 << Label::Fraud as u8);
    pub(super) const BOTH: Self = Self(3);

    /// Whether a label is one of them.
    #[inline(always)]
    pub(super) fn has(self, label: Label) -> bool {
        self.0 >> label as u8 & 1 == 1
    }

    /// Nothing but these.
    #[inline(always)]
    pub(super) fn are_all_in(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// What is in both.
    #[inline(always)]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// One label.
    #[inline(always)]
    pub(super) fn only(label: Label) -> Self {
        Self(1 << label as u8)
    }

    /// The lanes that hold any of them, of those that hold each.
    #[inline(always)]
    pub(super) fn of(self, holds: [u16; 2]) -> u16 {
        let legit = if self.has(Label::Legit) { holds[0] } else { 0 };
        let fraud = if self.has(Label::Fraud) { holds[1] } else { 0 };
        legit | fraud
    }
}

/// What a walk looks for, and what it has found.
pub(super) trait Candidates<K: Kernel> {
    /// The distance that a point must not pass to matter.
    fn worst(&self) -> K::Distance;
    /// Points of these labels can still change the answer.
    fn wanted(&self) -> Labels;
    /// Looks at the points of a block of a leaf; what matters is taken then or by [`Candidates::settle`].
    fn scan(&mut self, from: Place<'_, '_, K>, leaf: &Leaf, lane: usize);
    /// Takes what waits.
    fn settle(&mut self);
    /// More points cannot change anything.
    fn is_over(&self) -> bool;
}

/// Where a search stands: what it searches, and for which query.
pub(super) struct Place<'q, 'a, K: Kernel> {
    pub kernel: K,
    pub trees: &'q Trees<'a>,
    pub query: &'q K::Prepared,
}

impl<K: Kernel> Clone for Place<'_, '_, K> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kernel> Copy for Place<'_, '_, K> {}

impl<K: Kernel> Place<'_, '_, K> {
    /// To the box of each child of a node around its points of a label; [`Distance::MAX`] where there are none.
    #[inline(always)]
    pub(super) fn to_children(self, node: &Node, label: Label, count: &mut impl Count) -> K::Distances {
        count.boxes();
        let distances = self.kernel.box_distances(self.query, &node.boxes[label as usize]);
        self.kernel.mask(distances, node.holds[label as usize])
    }

    /// To each point of a block; unused lanes hold anything.
    #[inline(always)]
    pub(super) fn to_points(self, leaf: &Leaf, lane: usize) -> K::Distances {
        self.kernel.point_distances(self.query, leaf, lane, self.trees.window(leaf, lane))
    }

    /// Hands some blocks of a leaf to `candidates`.
    #[inline(always)]
    pub(super) fn scan(self, leaf: &Leaf, mut lanes: u16, candidates: &mut impl Candidates<K>, count: &mut impl Count) {
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            lanes &= lanes - 1;
            count.block();
            candidates.scan(self, leaf, lane);
        }
        candidates.settle();
    }

    /// Asks for the vectors of a block.
    #[inline(always)]
    pub(super) fn prefetch_block(self, leaf: &Leaf, lane: usize) {
        self.kernel.prefetch(self.trees.window(leaf, lane), TYPICAL_BLOCK);
    }
}

/// The least `distance * 2 + label`: five to count, and a sixth to see that the fifth is no tie.
///
/// The numbers of the references stay unread. That is enough unless the fifth and the sixth are equally far.
#[derive(Clone, Copy)]
pub(super) struct Nearest<K: Kernel> {
    kernel: K,
    keys: K::Keys,
    worst: K::Distance,
    wanted: Labels,
    waiting: FoundKeys<K>,
    waits: usize,
}

impl<K: Kernel> Nearest<K> {
    /// Nothing found yet; only points within `limit` are wanted.
    #[inline(always)]
    pub(super) fn within(kernel: K, limit: K::Distance) -> Self {
        Self {
            kernel,
            keys: kernel.no_keys(),
            worst: limit,
            wanted: Labels::BOTH,
            waiting: [K::Distance::MAX; FOUND],
            waits: 0,
        }
    }

    /// Takes points whose distances are known.
    #[inline(always)]
    pub(super) fn take(&mut self, distances: K::Distances, near: u16, frauds: u16) {
        self.waits = self.kernel.write_keys(distances, near, frauds, &mut self.waiting, self.waits);
    }

    /// Frauds among the five.
    #[inline(always)]
    pub(super) fn frauds(&self) -> u8 {
        self.kernel.lowest_bits(self.keys).count_ones() as u8
    }

    /// The label of all five, if they have one.
    #[inline(always)]
    pub(super) fn label(&self) -> Option<Label> {
        // Only one label is wanted when all five have the other one.
        match self.wanted {
            Labels::FRAUD => Some(Label::Legit),
            Labels::LEGIT => Some(Label::Fraud),
            _ => None,
        }
    }

    /// Whether the fifth place could be another point's, equally far.
    #[inline(always)]
    pub(super) fn is_tied(&self) -> bool {
        let (fifth, sixth) = self.kernel.fifth_and_sixth(self.keys);
        sixth < K::Distance::MAX && fifth.without_label() == sixth.without_label()
    }
}

impl<K: Kernel> Candidates<K> for Nearest<K> {
    #[inline(always)]
    fn worst(&self) -> K::Distance {
        self.worst
    }

    #[inline(always)]
    fn wanted(&self) -> Labels {
        self.wanted
    }

    #[inline(always)]
    fn scan(&mut self, from: Place<'_, '_, K>, leaf: &Leaf, lane: usize) {
        let distances = from.to_points(leaf, lane);
        let near = self.kernel.le_mask(distances, self.worst) & leaf.lanes(lane);
        // Six blocks of seven have none: wrong guesses cost less than writing the keys of none.
        if near == 0 {
            return;
        }
        self.take(distances, near, leaf.frauds[lane]);
        if self.waits > LANES {
            self.settle();
        }
    }

    #[inline(always)]
    fn settle(&mut self) {
        let waits = std::mem::take(&mut self.waits);
        if waits == 0 {
            return;
        }
        // The last few are filled up with the greatest key of all, which stands for none.
        self.waiting[waits..][..INSERTED].fill(K::Distance::MAX);
        let mut keys = self.keys;
        for some in self.waiting[..waits.next_multiple_of(INSERTED)].as_chunks().0 {
            keys = self.kernel.insert(keys, *some);
        }
        self.keys = keys;
        let (fifth, _) = self.kernel.fifth_and_sixth(keys);
        if fifth < K::Distance::MAX {
            self.worst = fifth.without_label();
            self.wanted = match self.kernel.lowest_bits(keys) {
                // More of the same cannot change the count.
                0 => Labels::FRAUD,
                0b11111 => Labels::LEGIT,
                _ => Labels::BOTH,
            };
        }
    }

    #[inline(always)]
    fn is_over(&self) -> bool {
        false
    }
}

/// The five least keys of distance and reference, ascending: ties are settled by the lower reference.
pub(super) struct Five<D: Distance> {
    /// Nothing farther is wanted.
    limit: D,
    /// The tag is the reference.
    pub keys: [D::Key; NEIGHBOURS],
    pub labels: [Label; NEIGHBOURS],
}

impl<D: Distance> Five<D> {
    /// Nothing found yet; only points within `limit` are wanted.
    pub(super) fn within(limit: D) -> Self {
        Self { limit, keys: [D::UNBOUNDED.key(NO_REFERENCE); NEIGHBOURS], labels: [Label::Legit; NEIGHBOURS] }
    }

    fn insert(&mut self, key: D::Key, label: Label) {
        let place = self.keys.partition_point(|other| *other < key);
        if place < NEIGHBOURS {
            self.keys[place..].rotate_right(1);
            self.labels[place..].rotate_right(1);
            (self.keys[place], self.labels[place]) = (key, label);
        }
    }
}

impl<K: Kernel> Candidates<K> for Five<K::Distance> {
    #[inline(always)]
    fn worst(&self) -> K::Distance {
        K::Distance::of(self.keys[NEIGHBOURS - 1]).min(self.limit)
    }

    #[inline(always)]
    fn wanted(&self) -> Labels {
        Labels::BOTH
    }

    #[inline(always)]
    fn scan(&mut self, from: Place<'_, '_, K>, leaf: &Leaf, lane: usize) {
        let distances = from.to_points(leaf, lane);
        let worst = <Self as Candidates<K>>::worst(self);
        let near = from.kernel.le_mask(distances, worst) & leaf.lanes(lane);
        let distances = from.kernel.to_array(distances);
        for point in (0..LANES).filter(|point| near >> point & 1 == 1) {
            let label = if leaf.frauds[lane] >> point & 1 == 1 { Label::Fraud } else { Label::Legit };
            self.insert(distances[point].key(from.trees.references.get(leaf.number(lane), point)), label);
        }
    }

    #[inline(always)]
    fn settle(&mut self) {}

    #[inline(always)]
    fn is_over(&self) -> bool {
        false
    }
}

/// Whether anything of a label is within a distance.
pub(super) struct Opponent<D> {
    pub label: Label,
    pub limit: D,
    pub found: u16,
}

impl<K: Kernel> Candidates<K> for Opponent<K::Distance> {
    #[inline(always)]
    fn worst(&self) -> K::Distance {
        self.limit
    }

    #[inline(always)]
    fn wanted(&self) -> Labels {
        Labels::only(self.label)
    }

    #[inline(always)]
    fn scan(&mut self, from: Place<'_, '_, K>, leaf: &Leaf, lane: usize) {
        let of_label = match self.label {
            Label::Fraud => leaf.frauds[lane],
            Label::Legit => leaf.lanes(lane) & !leaf.frauds[lane],
        };
        // No branch on what is found: mostly nothing is, and the next block need not wait for that.
        self.found |= from.kernel.le_mask(from.to_points(leaf, lane), self.limit) & of_label;
    }

    #[inline(always)]
    fn settle(&mut self) {}

    #[inline(always)]
    fn is_over(&self) -> bool {
        self.found != 0
    }
}

/// The label that is not this one.
#[inline(always)]
pub(super) fn other(label: Label) -> Label {
    match label {
        Label::Legit => Label::Fraud,
        Label::Fraud => Label::Legit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_settle_ties_by_the_lower_reference() {
        let mut five = Five::<u32>::within(5);
        for reference in [9, 3, 7, 1, 5, 8, 2] {
            five.insert(4u32.key(reference), if reference == 2 { Label::Fraud } else { Label::Legit });
        }
        assert_eq!(five.keys.map(<u32 as Distance>::tag), [1, 2, 3, 5, 7]);
        assert_eq!(five.labels[1], Label::Fraud);
    }
}
