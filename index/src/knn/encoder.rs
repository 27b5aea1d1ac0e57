//! Points and boxes as words in columns.

use arrayvec::ArrayVec;
use bytemuck::Zeroable;

use super::grid::Grid;
use super::layout::{BoxColumn, Column, Dimension, LEAF, Link, MAX_DIMENSIONS};
use crate::lanes::LANES;

/// The words of one point: as many as there are columns.
pub(crate) type Words = ArrayVec<u32, MAX_DIMENSIONS>;

/// How a point becomes words.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "an index has one, and a search reads it without a further step")]
pub(crate) enum Encoder {
    /// Places on a grid, two dimensions a word.
    Grid(Grid),
    /// The values of these dimensions.
    Floats(ArrayVec<usize, MAX_DIMENSIONS>),
}

impl Encoder {
    /// The values of the dimensions that vary.
    pub(crate) fn floats(dimensions: &[Dimension]) -> Self {
        Self::Floats(
            (0..dimensions.len()).filter(|place| dimensions[*place].lower < dimensions[*place].upper).collect(),
        )
    }

    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Grid(grid) => grid.columns(),
            Self::Floats(varying) => varying.len(),
        }
    }

    /// The row's words, and how far off they are in steps.
    pub(crate) fn words(&self, row: &[f32]) -> (Words, f64) {
        let mut words: Words = std::iter::repeat_n(0, self.columns()).collect();
        let error = match self {
            Self::Grid(grid) => grid.place(row, &mut words),
            Self::Floats(varying) => {
                words.iter_mut().zip(varying).for_each(|(word, dimension)| *word = (row[*dimension] + 0.0).to_bits());
                0.0
            }
        };
        (words, error)
    }

    /// Widens an edge of a box, in one column, to hold a word.
    fn widen(&self, [lower, upper]: [u32; 2], [least, greatest]: [u32; 2]) -> [u32; 2] {
        let halves = |a: u32, b: u32, choose: fn(u32, u32) -> u32| {
            choose(a & 0xffff, b & 0xffff) | choose(a >> 16, b >> 16) << 16
        };
        match self {
            Self::Grid(_) => [halves(lower, least, u32::min), halves(upper, greatest, u32::max)],
            Self::Floats(_) => {
                let floats = |a: u32, b: u32, choose: fn(f32, f32) -> f32| {
                    choose(f32::from_bits(a), f32::from_bits(b)).to_bits()
                };
                [floats(lower, least, f32::min), floats(upper, greatest, f32::max)]
            }
        }
    }

    /// The columns of up to 16 points; unused lanes are zero.
    pub(crate) fn block(&self, points: impl Iterator<Item = Words>, block: &mut [Column]) {
        block.fill(Column::zeroed());
        for (lane, words) in points.enumerate() {
            block.iter_mut().zip(words).for_each(|(column, word)| column[lane] = word);
        }
    }

    /// The boxes of all nodes, column by column; `words` are those of a slot.
    pub(crate) fn boxes(&self, links: &[Link], points: usize, words: impl Fn(usize) -> Words) -> Vec<BoxColumn> {
        let columns = self.columns();
        let mut boxes = vec![BoxColumn::zeroed(); links.len() * columns];
        // Children lie behind their parents.
        for (number, link) in links.iter().enumerate().rev() {
            for lane in 0..(link.children & !LEAF) as usize {
                let child = link.first as usize + lane;
                let edges = if link.is_leaf() {
                    self.around(
                        (child * LANES..points.min((child + 1) * LANES))
                            .map(&words)
                            .map(|words| words.into_iter().map(|word| [word, word]).collect()),
                    )
                } else {
                    let lanes = 0..(links[child].children & !LEAF) as usize;
                    let of_child = &boxes[child * columns..][..columns];
                    self.around(
                        lanes.map(|lane| of_child.iter().map(|[lower, upper]| [lower[lane], upper[lane]]).collect()),
                    )
                };
                for (place, [lower, upper]) in edges.into_iter().enumerate() {
                    let column = &mut boxes[number * columns + place];
                    (column[0][lane], column[1][lane]) = (lower, upper);
                }
            }
        }
        boxes
    }

    /// The box around boxes, at least one.
    fn around(&self, mut boxes: impl Iterator<Item = Edges>) -> Edges {
        let first = boxes.next().unwrap_or_default();
        boxes.fold(first, |around, edges| around.iter().zip(&edges).map(|(a, b)| self.widen(*a, *b)).collect())
    }
}

/// Lower and upper edge of a box in each column.
type Edges = ArrayVec<[u32; 2], MAX_DIMENSIONS>;
