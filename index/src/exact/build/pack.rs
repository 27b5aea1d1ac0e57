//! Packs binary splits into 16-way nodes.
//!
//! Regions of up to 16 blocks become leaves. Which splits above them share a node is free, as long as it has at most 16
//! children. Dynamic programming from below finds the choice with the fewest visits to nodes, as wide bounding-volume
//! hierarchies are made of binary ones (Ylitie, Karras and Laine, *Efficient Incoherent Ray Traversal on GPUs Through
//! Compressed Wide BVHs*, 2017).

use std::ops::Range;

use super::partition::Region;
use crate::lanes::LANES;

/// A subtree that one lane of a node stands for.
pub(super) enum Subtree {
    /// 1 to 16 blocks, each by the range of its points.
    Leaf(Vec<Range<usize>>),
    /// 1 to 16 subtrees.
    Node(Vec<Subtree>),
}

/// The children of the root.
pub(super) fn pack(whole: &Region) -> Vec<Subtree> {
    match Plan::new(whole).subtree() {
        Subtree::Node(subtrees) => subtrees,
        leaf => vec![leaf],
    }
}

/// The best way to pack a region, for each number of lanes that it may take in the node above.
struct Plan<'p> {
    region: &'p Region,
    /// By lanes less one: visits to all nodes in the region.
    visits: [f64; LANES],
    /// By lanes less one: how many of them the left side takes; 0 if the region is a leaf or a node of its own.
    left: [usize; LANES],
    sides: Option<Box<[Self; 2]>>,
}

impl<'p> Plan<'p> {
    fn new(region: &'p Region) -> Self {
        let mut plan = Self { region, visits: [0.0; LANES], left: [0; LANES], sides: None };
        let Region::Split { sides, blocks, visits } = region else { return plan };
        if *blocks <= LANES {
            return plan;
        }
        let sides = [Self::new(&sides[0]), Self::new(&sides[1])];
        for lanes in 2..=LANES {
            let split = |left: usize| sides[0].visits[left - 1] + sides[1].visits[lanes - left - 1];
            let best = (1..lanes).min_by(|a, b| split(*a).total_cmp(&split(*b))).unwrap_or(1);
            (plan.left[lanes - 1], plan.visits[lanes - 1]) = (best, split(best));
        }
        // A node of its own has 16 lanes inside, and takes one.
        let own = plan.visits[LANES - 1] + visits;
        for lanes in 1..LANES {
            if lanes == 1 || own < plan.visits[lanes - 1] {
                (plan.left[lanes - 1], plan.visits[lanes - 1]) = (0, own);
            }
        }
        plan.sides = Some(Box::new(sides));
        plan
    }

    /// The region as one subtree, which takes one lane.
    fn subtree(&self) -> Subtree {
        if self.sides.is_none() {
            let mut blocks = Vec::new();
            collect_blocks(self.region, &mut blocks);
            return Subtree::Leaf(blocks);
        }
        let mut children = Vec::new();
        self.expand(LANES, &mut children);
        Subtree::Node(children)
    }

    /// The region as subtrees for at most so many lanes.
    fn expand(&self, lanes: usize, subtrees: &mut Vec<Subtree>) {
        match (&self.sides, self.left[lanes - 1]) {
            (Some(sides), left @ 1..) => {
                sides[0].expand(left, subtrees);
                sides[1].expand(lanes - left, subtrees);
            }
            _ => subtrees.push(self.subtree()),
        }
    }
}

fn collect_blocks(region: &Region, blocks: &mut Vec<Range<usize>>) {
    match region {
        Region::Block(range) => blocks.push(range.clone()),
        Region::Split { sides, .. } => sides.iter().for_each(|side| collect_blocks(side, blocks)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A region of so many blocks, split unevenly; visits grow with the blocks.
    fn region(start: usize, blocks: usize) -> Region {
        if blocks == 1 {
            return Region::Block(start..start + 1);
        }
        let left = (blocks / 3).max(1);
        let sides = Box::new([region(start, left), region(start + left, blocks - left)]);
        Region::Split { sides, blocks, visits: (blocks as f64).sqrt() }
    }

    /// Visits to all nodes, and the blocks in order.
    fn walk(subtree: &Subtree, blocks: &mut Vec<Range<usize>>) -> f64 {
        match subtree {
            Subtree::Leaf(some) => {
                assert!((1..=LANES).contains(&some.len()));
                blocks.extend_from_slice(some);
                0.0
            }
            Subtree::Node(subtrees) => {
                assert!((2..=LANES).contains(&subtrees.len()));
                let before = blocks.len();
                let inside: f64 = subtrees.iter().map(|subtree| walk(subtree, blocks)).sum();
                inside + ((blocks.len() - before) as f64).sqrt()
            }
        }
    }

    /// The least visits, by trying every frontier of at most so many lanes.
    fn least(region: &Region, lanes: usize) -> f64 {
        let Region::Split { sides, blocks, visits } = region else { return 0.0 };
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
            let region = region(0, blocks);
            let mut seen = Vec::new();
            let visits = walk(&Subtree::Node(pack(&region)), &mut seen);
            assert_eq!(seen, (0..blocks).map(|block| block..block + 1).collect::<Vec<_>>());
            assert!((visits - least(&region, 1)).abs() < 1e-9, "{blocks} blocks: {visits}");
        }
        assert_eq!(pack(&region(0, 16)).len(), 1);
    }
}
