//! Equal references: how many there are, and in how many blocks.
//!
//! Points at one distance cannot bound each other. A search whose fifth point is one of many equal ones looks at every block
//! that holds one of them, so its cost grows with their number.

use rayon::prelude::*;
use serde::Serialize;
use space::DIMENSIONS;

use crate::exact::layout::{Leaf, Trees};
use crate::lanes::Paired;

/// References with equal vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EqualPoints {
    /// Vectors that more than one reference has.
    pub groups: u32,
    /// References in these groups.
    pub references: u32,
    /// The group that lies in the most blocks; of several, one of them.
    pub largest: Option<EqualGroup>,
}

/// References that all have one vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EqualGroup {
    /// That vector, in units of 1/10000.
    pub vector: [i16; DIMENSIONS],
    /// How many references.
    pub references: u32,
    /// Those labelled fraud.
    pub fraud: u32,
    /// Blocks that hold one or more of them.
    pub blocks: u32,
}

/// A point, its block's number and its label, as `block << 1 | label`; sorted, equal points of one block are neighbours.
type Entry = (Paired, u32);

/// Counts over all points of both trees. Takes 32 bytes a point while it runs.
pub(crate) fn equal_points(trees: &Trees<'_>) -> EqualPoints {
    let mut entries: Vec<Entry> = trees.leaves.iter().flat_map(|leaf| of_leaf(trees, leaf)).collect();
    entries.par_sort_unstable();
    let mut found = EqualPoints { groups: 0, references: 0, largest: None };
    let (mut largest, mut most) = (&entries[..0], 0);
    for group in entries.chunk_by(|one, next| one.0 == next.0).filter(|group| group.len() > 1) {
        found.groups += 1;
        found.references += group.len() as u32;
        let blocks = group.chunk_by(|one, next| one.1 >> 1 == next.1 >> 1).count();
        if blocks > most {
            (largest, most) = (group, blocks);
        }
    }
    found.largest = largest.first().map(|(values, _)| EqualGroup {
        vector: trees.order.unpair(values),
        references: largest.len() as u32,
        fraud: largest.iter().map(|(_, tag)| tag & 1).sum(),
        blocks: most as u32,
    });
    found
}

fn of_leaf<'a>(trees: &Trees<'a>, leaf: &'a Leaf) -> impl Iterator<Item = Entry> + use<'a> {
    let trees = *trees;
    (0..leaf.blocks().count_ones()).flat_map(move |lane| {
        let block = trees.block(leaf, lane as usize).expect("the blocks were checked");
        let number = leaf.first_block + lane;
        let entry = move |point| (block.point(point), number << 1 | block.label(point) as u32);
        (0..usize::from(block.points)).map(entry)
    })
}
