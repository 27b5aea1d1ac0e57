//! The nearest points found so far: as labels, to count, or as references, to name.

use space::{Label, NEIGHBOURS};

use super::context::Context;
use super::effort::Count;
use super::labels::Labels;
use crate::exact::layout::{Leaf, NO_REFERENCE, Place};
use crate::kernel::{Distance, FOUND, FoundKeys, INSERTED, Kernel};
use crate::lanes::LANES;

/// What a walk collects.
pub(super) trait Candidates<K: Kernel> {
    /// The greatest distance at which a point can still change the answer.
    fn worst(&self) -> K::Distance;
    /// Points of these labels can still change the answer.
    fn wanted(&self) -> Labels;
    /// Takes the points of a block that are near enough, now or in [`Candidates::settle`].
    fn scan(&mut self, from: Context<'_, '_, K>, leaf: &Leaf, lane: usize);
    /// Inserts the keys that are pending.
    fn settle(&mut self);
    /// Whether no further point can change the answer: the walk ends.
    fn is_over(&self) -> bool;
}

/// Hands the blocks of a leaf in the mask `lanes` to `candidates`.
#[inline(always)]
pub(super) fn scan_blocks<K: Kernel>(
    context: Context<'_, '_, K>,
    leaf: &Leaf,
    mut lanes: u16,
    candidates: &mut impl Candidates<K>,
    count: &mut impl Count,
) {
    while lanes != 0 {
        let lane = lanes.trailing_zeros() as usize;
        lanes &= lanes - 1;
        count.block();
        candidates.scan(context, leaf, lane);
    }
    candidates.settle();
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
    /// Keys that are not inserted yet.
    pending: FoundKeys<K>,
    pending_count: usize,
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
            pending: [K::Distance::MAX; FOUND],
            pending_count: 0,
        }
    }

    /// Takes points whose distances are known.
    #[inline(always)]
    pub(super) fn take(&mut self, distances: K::Distances, near: u16, frauds: u16) {
        self.pending_count = self.kernel.write_keys(distances, near, frauds, &mut self.pending, self.pending_count);
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

    /// Whether fifth and sixth point are equally far, so that their numbers decide.
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
    fn scan(&mut self, from: Context<'_, '_, K>, leaf: &Leaf, lane: usize) {
        let distances = from.to_points(leaf, lane);
        let near = self.kernel.le_mask(distances, self.worst) & leaf.lanes(lane);
        // Six blocks of seven have none: mispredictions cost less than writing no keys for each.
        if near == 0 {
            return;
        }
        self.take(distances, near, leaf.frauds[lane]);
        if self.pending_count > LANES {
            self.settle();
        }
    }

    #[inline(always)]
    fn settle(&mut self) {
        let count = std::mem::take(&mut self.pending_count);
        if count == 0 {
            return;
        }
        // Pads the last group of keys with the greatest key, which stands for none.
        self.pending[count..][..INSERTED].fill(K::Distance::MAX);
        let mut keys = self.keys;
        for some in self.pending[..count.next_multiple_of(INSERTED)].as_chunks().0 {
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
    pub places: [Place; NEIGHBOURS],
}

impl<D: Distance> Five<D> {
    /// Nothing found yet; only points within `limit` are wanted.
    pub(super) fn within(limit: D) -> Self {
        Self {
            limit,
            keys: [D::UNBOUNDED.key(NO_REFERENCE); NEIGHBOURS],
            labels: [Label::Legit; NEIGHBOURS],
            places: [Place::default(); NEIGHBOURS],
        }
    }

    fn insert(&mut self, key: D::Key, label: Label, place: Place) {
        let rank = self.keys.partition_point(|other| *other < key);
        if rank < NEIGHBOURS {
            self.keys[rank..].rotate_right(1);
            self.labels[rank..].rotate_right(1);
            self.places[rank..].rotate_right(1);
            (self.keys[rank], self.labels[rank], self.places[rank]) = (key, label, place);
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
    fn scan(&mut self, from: Context<'_, '_, K>, leaf: &Leaf, lane: usize) {
        let distances = from.to_points(leaf, lane);
        let worst = <Self as Candidates<K>>::worst(self);
        let near = from.kernel.le_mask(distances, worst) & leaf.lanes(lane);
        let distances = from.kernel.to_array(distances);
        for point in (0..LANES).filter(|point| near >> point & 1 == 1) {
            let label = if leaf.frauds[lane] >> point & 1 == 1 { Label::Fraud } else { Label::Legit };
            let block = leaf.number(lane);
            let key = distances[point].key(from.trees.references.get(block, point));
            self.insert(key, label, Place { block: block as u32, lane: point as u8 });
        }
    }

    #[inline(always)]
    fn settle(&mut self) {}

    #[inline(always)]
    fn is_over(&self) -> bool {
        false
    }
}

/// Whether any point of a label is within a distance.
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
    fn scan(&mut self, from: Context<'_, '_, K>, leaf: &Leaf, lane: usize) {
        let of_label = match self.label {
            Label::Fraud => leaf.frauds[lane],
            Label::Legit => leaf.lanes(lane) & !leaf.frauds[lane],
        };
        // No branch: mostly nothing is found, and the next block need not wait for the comparison.
        self.found |= from.kernel.le_mask(from.to_points(leaf, lane), self.limit) & of_label;
    }

    #[inline(always)]
    fn settle(&mut self) {}

    #[inline(always)]
    fn is_over(&self) -> bool {
        self.found != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_settle_ties_by_the_lower_reference() {
        let mut five = Five::<u32>::within(5);
        for reference in [9, 3, 7, 1, 5, 8, 2] {
            five.insert(
                4u32.key(reference),
                if reference == 2 { Label::Fraud } else { Label::Legit },
                Place { block: reference, lane: 1 },
            );
        }
        assert_eq!(five.keys.map(<u32 as Distance>::tag), [1, 2, 3, 5, 7]);
        assert_eq!(five.labels[1], Label::Fraud);
        assert_eq!(five.places.map(|place| place.block), [1, 2, 3, 5, 7]);
    }
}
