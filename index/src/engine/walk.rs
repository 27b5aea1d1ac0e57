//! The nearest points, by a walk that opens the nearest box first and none that cannot matter.
//!
//! *Wanted* labels are those whose points can still change the answer: once five of one label are found, more of them
//! change nothing, only a point of the other label does. So boxes of a label that is not wanted are put aside, and looked
//! at again only if their label is wanted in the end and they are still near enough. Each block is scanned once at most.

use arrayvec::ArrayVec;
use transaction::Label;

use super::candidates::{Candidates, Labels, Place};
use super::effort::Count;
use crate::format::{Boxes, Child, LANES, Leaf, MAX_DEPTH, Node};
use crate::kernel::{Distance, Kernel};

/// Nodes and leaves that can be put aside; with more, all labels stay wanted.
const ASIDE: usize = 128;

/// Children that can wait: a node leaves at most 15 behind the one that is opened next.
const WAITING: usize = (LANES - 1) * MAX_DEPTH + LANES;

/// What is asked for ahead of a block: its usual length. More would be the next block's.
pub(super) const TYPICAL_BLOCK: usize = 256;

/// A child that may matter.
#[derive(Clone, Copy)]
struct Waiting<D> {
    child: u32,
    /// By label: to its box; [`Distance::MAX`] where there is none, or nothing that can still matter.
    distances: [D; 2],
}

/// What is left of a node or a leaf that was put aside: by label, a bit for each lane that may matter.
#[derive(Clone, Copy)]
struct Aside<'a> {
    of: Child<'a>,
    left: [u16; 2],
}

/// A search of both trees for `candidates`.
pub(super) struct Walk<'w, 'a, K: Kernel, C, N> {
    place: Place<'w, 'a, K>,
    candidates: C,
    count: &'w mut N,
    waiting: ArrayVec<Waiting<K::Distance>, WAITING>,
    aside: ArrayVec<Aside<'a>, ASIDE>,
    /// No block was scanned yet.
    is_fresh: bool,
}

impl<'w, 'a, K: Kernel, C: Candidates<K>, N: Count> Walk<'w, 'a, K, C, N> {
    #[inline(always)]
    pub(super) fn new(place: Place<'w, 'a, K>, candidates: C, count: &'w mut N) -> Self {
        Self { place, candidates, count, waiting: ArrayVec::new(), aside: ArrayVec::new(), is_fresh: true }
    }

    /// Finds everything that matters.
    #[inline(always)]
    pub(super) fn run(mut self) -> C {
        // The rest is last in, first out: what is near there bounds the look into the sample.
        self.aside.push(Aside { of: Child::Node(self.place.trees.sample()), left: self.place.trees.sample().holds });
        if let Some(rest) = self.place.trees.rest() {
            self.aside.push(Aside { of: Child::Node(rest), left: rest.holds });
        }
        while let Some(Aside { of, left }) = self.take_up() {
            self.open(of, left);
            while let Some(next) = self.waiting.pop() {
                self.visit(next);
            }
        }
        self.candidates
    }

    /// The labels to look for now.
    #[inline(always)]
    fn wanted(&self) -> Labels {
        if self.aside.is_full() { Labels::BOTH } else { self.candidates.wanted() }
    }

    /// Opens a child if it still matters.
    #[inline(always)]
    fn visit(&mut self, Waiting { child, distances }: Waiting<K::Distance>) {
        let (worst, wanted) = (self.candidates.worst(), self.wanted());
        let near = [distances[0] <= worst, distances[1] <= worst];
        let is_wanted = near[0] & wanted.has(Label::Legit) | near[1] & wanted.has(Label::Fraud);
        if !(near[0] | near[1]) {
            return;
        }
        let of = self.place.trees.child(child);
        let holds = of.holds();
        // What is too far by now stays out for good: the worst only falls.
        let left = [if near[0] { holds[0] } else { 0 }, if near[1] { holds[1] } else { 0 }];
        if is_wanted { self.open(of, left) } else { self.aside.push(Aside { of, left }) }
    }

    #[inline(always)]
    fn open(&mut self, of: Child<'a>, left: [u16; 2]) {
        match of {
            Child::Node(node) => self.open_node(node, left),
            Child::Leaf(leaf) => self.scan_leaf(leaf, left),
        }
    }

    /// Puts the near children of wanted labels on the stack, the nearest on top.
    #[inline(always)]
    fn open_node(&mut self, node: &'a Node, left: [u16; 2]) {
        let (worst, wanted) = (self.candidates.worst(), self.wanted());
        let mut distances = [self.place.kernel.nowhere(); 2];
        let mut near = [0; 2];
        for (label, bit) in [Labels::LEGIT, Labels::FRAUD].into_iter().enumerate() {
            if wanted.meets(bit) && left[label] != 0 {
                self.count.boxes();
                let to = self.place.kernel.box_distances(self.place.query, &node.boxes[label]);
                distances[label] = self.place.kernel.only(to, left[label]);
                near[label] = self.place.kernel.at_most(distances[label], worst) & left[label];
            }
        }
        let either = near[0] | near[1];
        // Children that are opened for one label are still to be looked at for the other.
        let later = without(left, wanted);
        let later = [later[0] & !either, later[1] & !either];
        if later != [0, 0] {
            self.aside.push(Aside { of: Child::Node(node), left: later });
        }
        if either != 0 {
            self.wait(node, either, near, distances, wanted, left);
        }
    }

    #[inline(always)]
    fn wait(
        &mut self,
        node: &'a Node,
        either: u16,
        near: [u16; 2],
        distances: [K::Distances; 2],
        wanted: Labels,
        left: [u16; 2],
    ) {
        let nearest = self
            .place
            .kernel
            .nearest(self.place.kernel.only(self.place.kernel.nearer(distances[0], distances[1]), either));
        let each = [self.place.kernel.each(distances[0]), self.place.kernel.each(distances[1])];
        // With no bound yet all children are near: asking for all of them would crowd out what is needed first.
        let is_bounded = self.candidates.worst() < K::Distance::UNBOUNDED;
        let mut others = either & !(1 << nearest);
        // It is opened next.
        if is_bounded {
            self.prefetch(node, nearest, near);
        }
        loop {
            let lane = if others == 0 { nearest } else { others.trailing_zeros() as usize };
            let mut to = [each[0][lane], each[1][lane]];
            // Not computed: it may be as near as can be.
            if !wanted.has(Label::Legit) && left[0] >> lane & 1 == 1 {
                to[0] = K::Distance::from_sum(0);
            }
            if !wanted.has(Label::Fraud) && left[1] >> lane & 1 == 1 {
                to[1] = K::Distance::from_sum(0);
            }
            self.waiting.push(Waiting { child: node.children[lane], distances: to });
            if is_bounded && others != 0 {
                self.prefetch(node, lane, near);
            }
            if others == 0 {
                return;
            }
            others &= others - 1;
        }
    }

    /// Scans the blocks that matter.
    #[inline(always)]
    fn scan_leaf(&mut self, leaf: &'a Leaf, mut left: [u16; 2]) {
        self.count.leaf();
        let kernel = self.place.kernel;
        let distances = kernel.leaf_distances(self.place.query, leaf);
        self.prefetch_blocks(leaf, distances, left);
        loop {
            let wanted = self.wanted();
            let near = kernel.at_most(distances, self.candidates.worst());
            left = [left[0] & near, left[1] & near];
            let mut now = lanes_of(left, wanted);
            if now == 0 {
                break;
            }
            if self.is_fresh {
                // The nearest is the likeliest to hold the five. Once some are found, the order matters little.
                now = 1 << kernel.nearest(kernel.only(distances, now));
                self.is_fresh = false;
            }
            left = [left[0] & !now, left[1] & !now];
            self.candidates.scan(self.place, leaf, now, self.count);
        }
        let left = without(left, self.wanted());
        if left != [0, 0] {
            self.aside.push(Aside { of: Child::Leaf(leaf), left });
        }
    }

    /// Asks for the vectors of near blocks.
    #[inline(always)]
    fn prefetch_blocks(&self, leaf: &Leaf, distances: K::Distances, left: [u16; 2]) {
        let worst = self.candidates.worst();
        if worst >= K::Distance::UNBOUNDED {
            return;
        }
        let mut near = self.place.kernel.at_most(distances, worst) & (left[0] | left[1]);
        while near != 0 {
            let lane = near.trailing_zeros() as usize;
            near &= near - 1;
            self.place.kernel.prefetch(self.place.trees.window(leaf, lane), TYPICAL_BLOCK);
        }
    }

    /// The last of what was put aside whose labels are wanted after all.
    #[inline(always)]
    fn take_up(&mut self) -> Option<Aside<'a>> {
        let wanted = self.candidates.wanted();
        let mut place = self.aside.len();
        while place > 0 {
            place -= 1;
            if lanes_of(self.aside[place].left, wanted) != 0 {
                return Some(self.aside.remove(place));
            }
        }
        None
    }

    /// Asks for what a child will be read for.
    #[inline(always)]
    fn prefetch(&self, node: &Node, lane: usize, near: [u16; 2]) {
        match self.place.trees.child(node.children[lane]) {
            Child::Leaf(leaf) => self.place.kernel.prefetch(leaf, size_of::<Leaf>()),
            Child::Node(child) => {
                if near[0] >> lane & 1 == 1 {
                    self.place.kernel.prefetch(&child.boxes[0], size_of::<Boxes>());
                }
                if near[1] >> lane & 1 == 1 {
                    self.place.kernel.prefetch(&child.boxes[1], size_of::<Boxes>());
                }
                self.place.kernel.prefetch(&child.children, size_of::<[u32; LANES + 1]>());
            }
        }
    }
}

/// The lanes of any of `labels`.
#[inline(always)]
fn lanes_of(lanes: [u16; 2], labels: Labels) -> u16 {
    let legit = if labels.has(Label::Legit) { lanes[0] } else { 0 };
    let fraud = if labels.has(Label::Fraud) { lanes[1] } else { 0 };
    legit | fraud
}

/// The lanes of other labels than these.
#[inline(always)]
fn without(lanes: [u16; 2], labels: Labels) -> [u16; 2] {
    let legit = if labels.has(Label::Legit) { 0 } else { lanes[0] };
    let fraud = if labels.has(Label::Fraud) { 0 } else { lanes[1] };
    [legit, fraud]
}
