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

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece of so many blocks, cut unevenly; visits grow with the blocks.
    fn piece(start: usize, blocks: usize) -> Piece {
        if blocks == 1 {
            return Piece::Block(start..start + 1);
        }
        let left = (blocks / 3).max(1);
        let sides = Box::new([piece(start, left), piece(start + left, blocks - left)]);
        Piece::Cut { sides, blocks, visits: (blocks as f64).sqrt() }
    }

    /// Visits to all nodes, and the blocks in order.
    fn walk(unit: &Unit, blocks: &mut Vec<Range<usize>>) -> f64 {
        match unit {
            Unit::Leaf(some) => {
                assert!((1..=LANES).contains(&some.len()));
                blocks.extend_from_slice(some);
                0.0
            }
            Unit::Node(units) => {
                assert!((2..=LANES).contains(&units.len()));
                let before = blocks.len();
                let inside: f64 = units.iter().map(|unit| walk(unit, blocks)).sum();
                inside + ((blocks.len() - before) as f64).sqrt()
            }
        }
    }

    /// The least visits, by trying every frontier of at most so many lanes.
    fn least(piece: &Piece, lanes: usize) -> f64 {
        let Piece::Cut { sides, blocks, visits } = piece else { return 0.0 };
        if *blocks <= LANES {
            return 0.0;
        }
        let split = |lanes: usize| {
            let with = |left: usize| least(&sides[0], left) + least(&sides[1], lanes - left);
            (1..lanes).map(with).fold(f64::MAX, f64::min)
        };
        (split(LANES) + visits).min(if lanes > 1 { split(lanes) } else { f64::MAX })
    }

    #[test]
    fn nodes_hold_every_block_in_order_with_the_fewest_visits() {
        for blocks in [17, 40, 64, 100] {
            let piece = piece(0, blocks);
            let mut seen = Vec::new();
            let visits = walk(&Unit::Node(group(&piece)), &mut seen);
            assert_eq!(seen, (0..blocks).map(|block| block..block + 1).collect::<Vec<_>>());
            assert!((visits - least(&piece, 1)).abs() < 1e-9, "{blocks} blocks: {visits}");
        }
        assert_eq!(group(&piece(0, 16)).len(), 1);
    }
}
