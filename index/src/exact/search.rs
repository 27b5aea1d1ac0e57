//! Exact search: first a proof that needs few points; if it fails, the five nearest themselves.
//!
//! A point comes before another if it is nearer, or equally near and of a lower reference. The answer is the number of
//! frauds among the first five.
//!
//! *Proofs.* If five references of one label are within a distance, and none of the other label is, then the first five are
//! all of that label: the answer is 0 or 5. Any five will do. They come from the [`sample`], a hundredth of the references
//! in a tree of its own that stays in cache.
//! - *Label box*: all references of a label lie in one box, so none of them is nearer than that box. Five points of the other
//!   label that are nearer are the proof.
//! - *No opponent*: else only boxes of the other label are searched, as far as the fifth ([`Opponent`]). A point exactly as far
//!   refutes the proof, as it may have the lower number.
//!
//! *Search* ([`walk`]). The nearest leaf first, which bounds how far the fifth point is, then all boxes that are not
//! farther than the fifth so far. A box is never farther than a point inside, so a subtree is left out only if it is
//! *farther* than the fifth point, and then so are all its points. A box at that very distance is still opened. So every
//! point as far as the fifth is seen; if there is a sixth, the count may depend on their numbers, which are then read
//! ([`Five`]). As long as the five found so far have one label, only points of the other can change the answer, and boxes
//! without them are left out. If that proves wrong, the search starts again, with all it knows of the fifth's distance.
//!
//! *Ends whatever the bytes are.* An image that others can write may change after it was checked. Then an answer may be
//! wrong, or the search panics, but it ends: every loop has a bound from constants or from lengths that were checked, and
//! every position read from the image is an index into a slice.

mod candidates;
mod context;
mod effort;
mod image_changed;
mod labels;
mod nearest_leaf;
mod proof;
mod sample;
mod walk;
mod width;

use simd::{InstructionSet, Work};
use space::{Label, NEIGHBOURS, Neighbour, Point};

use super::layout::{Bounds, Boxes, LabelBounds, Place, Trees};
use crate::kernel::{self, Distance, Kernel, Scalar};
use crate::lanes::Paired;
use bytemuck::Zeroable;
use candidates::{Candidates, Five, Nearest, Opponent};
use context::Context;
use effort::{Count, Uncounted};
use labels::other;
use sample::Look;
use walk::walk;
use width::Width;

pub use effort::Effort;
pub use proof::Proof;

/// What is searched: checked trees, and the boxes around all their points.
#[derive(Clone, Copy)]
pub(crate) struct Engine<'a> {
    pub trees: Trees<'a>,
    width: Width,
    /// By label, in a lane each, around its points.
    label_boxes: Boxes,
    /// A bit for each label that has points.
    labels: u16,
}

impl<'a> Engine<'a> {
    /// The engine for trees whose points of each label lie in `label_bounds`.
    pub(crate) fn new(trees: Trees<'a>, label_bounds: &LabelBounds) -> Self {
        let (mut bounds, mut label_boxes, mut labels) = (Bounds::EMPTY, Boxes::zeroed(), 0);
        for (label, of_label) in label_bounds.iter().enumerate().filter(|(_, bounds)| **bounds != Bounds::EMPTY) {
            bounds.include(of_label);
            label_boxes.set(label, of_label);
            labels |= 1 << label;
        }
        Self { trees, width: Width::new(&bounds, &trees.order), label_boxes, labels }
    }

    /// Frauds among the five nearest.
    pub(crate) fn classify(&self, kernel: InstructionSet, query: &Point) -> u8 {
        self.classify_with_proof(kernel, query).0
    }

    /// Frauds among the five nearest, and the step that proved it.
    pub(crate) fn classify_with_proof(&self, kernel: InstructionSet, query: &Point) -> (u8, Proof) {
        self.classify_counting(kernel, query, &mut Uncounted)
    }

    /// Frauds among the five nearest, and what finding them cost.
    pub(crate) fn measure(&self, kernel: InstructionSet, query: &Point) -> (u8, Effort) {
        let mut effort = Effort::default();
        let (frauds, proof) = self.classify_counting(kernel, query, &mut effort);
        (frauds, Effort { proof, ..effort })
    }

    #[inline(always)]
    fn classify_counting(&self, kernel: InstructionSet, query: &Point, count: &mut impl Count) -> (u8, Proof) {
        let paired = self.trees.order.pair(query.values());
        let task = Classify(self, &paired, count);
        if self.width.fits(query, &paired) { kernel::run(kernel, task) } else { Scalar::<u64>::NEW.run(task) }
    }

    /// The five nearest and where their points lie; nearest first, ties by the lower reference.
    pub(crate) fn neighbours(&self, kernel: InstructionSet, query: &Point) -> [(Neighbour, Place); NEIGHBOURS] {
        let paired = self.trees.order.pair(query.values());
        let task = Neighbours(&self.trees, &paired);
        if self.width.fits(query, &paired) { kernel::run(kernel, task) } else { Scalar::<u64>::NEW.run(task) }
    }
}

struct Classify<'q, N>(&'q Engine<'q>, &'q Paired, &'q mut N);

impl<K: Kernel, N: Count> Work<K> for Classify<'_, N> {
    type Output = (u8, Proof);

    #[inline(always)]
    fn run(self, kernel: K) -> (u8, Proof) {
        let Self(engine, paired, count) = self;
        let query = kernel.prepare(paired);
        let context = Context { kernel, trees: &engine.trees, query: &query };
        let label_boxes =
            kernel.to_array(kernel.mask(kernel.box_distances(&query, &engine.label_boxes), engine.labels));
        let five = match sample::look(context, label_boxes[0].max(label_boxes[1]), count) {
            Look::Proved(label) => return (all(label), Proof::LabelBox),
            Look::Five(five) => five,
        };
        if let Some(label) = five.label() {
            let mut opponent = Opponent { label: other(label), limit: five.worst(), found: 0 };
            walk(context, true, None, &mut opponent, count);
            if opponent.found == 0 {
                return (all(label), Proof::NoOpponent);
            }
        }
        let nearest = search(context, five.worst(), count);
        if nearest.is_tied() {
            let five = named(context, nearest.worst(), count);
            return (five.labels.iter().map(|label| *label as u8).sum(), Proof::Tie);
        }
        (nearest.frauds(), Proof::Search)
    }
}

/// The five nearest of those within `limit`, where there are five.
#[inline(always)]
fn search<K: Kernel>(context: Context<'_, '_, K>, limit: K::Distance, count: &mut impl Count) -> Nearest<K> {
    let mut nearest = Nearest::within(context.kernel, limit);
    let mut seen = context.trees.rest.map(|rest| nearest_leaf::scan(context, rest, &mut nearest, count));
    let mut narrows = true;
    while !walk(context, narrows, seen, &mut nearest, count) {
        // What was pruned by label is wanted after all.
        nearest = Nearest::within(context.kernel, nearest.worst());
        (narrows, seen) = (false, None);
    }
    nearest
}

/// The five nearest with their numbers; `limit` is how far the fifth is.
#[inline(always)]
fn named<K: Kernel>(context: Context<'_, '_, K>, limit: K::Distance, count: &mut impl Count) -> Five<K::Distance> {
    let mut five = Five::within(limit);
    walk(context, false, None, &mut five, count);
    five
}

/// The answer if all five have this label.
#[inline(always)]
fn all(label: Label) -> u8 {
    label as u8 * NEIGHBOURS as u8
}

struct Neighbours<'q>(&'q Trees<'q>, &'q Paired);

impl<K: Kernel> Work<K> for Neighbours<'_> {
    type Output = [(Neighbour, Place); NEIGHBOURS];

    #[inline(always)]
    fn run(self, kernel: K) -> Self::Output {
        let query = kernel.prepare(self.1);
        let context = Context { kernel, trees: self.0, query: &query };
        let nearest = search(context, K::Distance::UNBOUNDED, &mut Uncounted);
        let five = named(context, nearest.worst(), &mut Uncounted);
        std::array::from_fn(|rank| {
            let (reference, distance) = (K::Distance::tag(five.keys[rank]), K::Distance::of(five.keys[rank]).sum());
            (Neighbour { reference, distance, label: five.labels[rank] }, five.places[rank])
        })
    }
}
