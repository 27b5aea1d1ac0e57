//! Two-way cuts to 16-way nodes.
//!
//! Whole subtrees of up to 16 blocks become leaves: what a search reads last is full. Which cuts lie inside one node is then
//! free, as long as it has at most 16 children. The choice with the fewest visits to nodes is found from below, as wide
//! bounding-volume hierarchies are made of narrow ones (Ylitie, Karras and Laine, 2017).

use std::ops::Range;

use super::split::Piece;
use crate::format::LANES;

/// A subtree that one lane of a node stands for.
pub(super) enum Unit {
    /// 1 to 16 blocks, each by the range of its points.
    Leaf(Vec<Range<usize>>),
    /// 1 to 16 subtrees.
    Node(Vec<Unit>),
}

/// The children of the root.
pub(super) fn group(whole: &Piece) -> Vec<Unit> {
    match Plan::new(whole).unit() {
        Unit::Node(units) => units,
        leaf => vec![leaf],
    }
}

/// The best that can be made of a piece, for each number of lanes that a node above has for it.
struct Plan<'p> {
    piece: &'p Piece,
    /// By lanes less one: visits to all nodes inside.
    visits: [f64; LANES],
    /// By lanes less one: how many the left side gets; 0 if the piece is a leaf or a node of its own.
    left: [usize; LANES],
    sides: Option<Box<[Self; 2]>>,
}

impl<'p> Plan<'p> {
    fn new(piece: &'p Piece) -> Self {
        let mut plan = Self { piece, visits: [0.0; LANES], left: [0; LANES], sides: None };
        let Piece::Cut { sides, blocks, visits } = piece else { return plan };
        if *blocks <= LANES {
            return plan;
        }
        let sides = [Self::new(&sides[0]), Self::new(&sides[1])];
        for lanes in 2..=LANES {
            let split = |left: usize| sides[0].visits[left - 1] + sides[1].visits[lanes - left - 1];
            let best = (1..lanes).min_by(|a, b| split(*a).total_cmp(&split(*b))).unwrap_or(1);
            (plan.left[lanes - 1], plan.visits[lanes - 1]) = (best, split(best));
        }
        // A node of its own has all lanes, and needs one.
        let own = plan.visits[LANES - 1] + visits;
        for lanes in 1..LANES {
            if lanes == 1 || own < plan.visits[lanes - 1] {
                (plan.left[lanes - 1], plan.visits[lanes - 1]) = (0, own);
            }
        }
        plan.sides = Some(Box::new(sides));
        plan
    }

    /// The piece in one lane.
    fn unit(&self) -> Unit {
        if self.sides.is_none() {
            let mut blocks = Vec::new();
            collect_blocks(self.piece, &mut blocks);
            return Unit::Leaf(blocks);
        }
        let mut children = Vec::new();
        self.spread(LANES, &mut children);
        Unit::Node(children)
    }

    /// The piece in at most so many lanes.
    fn spread(&self, lanes: usize, units: &mut Vec<Unit>) {
        match (&self.sides, self.left[lanes - 1]) {
            (Some(sides), left @ 1..) => {
                sides[0].spread(left, units);
                sides[1].spread(lanes - left, units);
            }
            _ => units.push(self.unit()),
        }
    }
}

fn collect_blocks(piece: &Piece, blocks: &mut Vec<Range<usize>>) {
    match piece {
        Piece::Block(range) => blocks.push(range.clone()),
        Piece::Cut { sides, .. } => sides.iter().for_each(|side| collect_blocks(side, blocks)),
    }
}
