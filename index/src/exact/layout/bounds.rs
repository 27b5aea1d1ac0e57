//! Smallest boxes around points.

use crate::lanes::{PAIRS, Paired};

/// The smallest box around some points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub lower: Paired,
    pub upper: Paired,
}

/// The boxes around the points of each label.
pub(crate) type LabelBounds = [Bounds; 2];

impl Bounds {
    /// The box of no points: any other grows it.
    pub(crate) const EMPTY: Self = Self { lower: [[i16::MAX; 2]; PAIRS], upper: [[i16::MIN; 2]; PAIRS] };

    pub(crate) fn include(&mut self, other: &Self) {
        for pair in 0..PAIRS {
            for side in 0..2 {
                self.lower[pair][side] = self.lower[pair][side].min(other.lower[pair][side]);
                self.upper[pair][side] = self.upper[pair][side].max(other.upper[pair][side]);
            }
        }
    }

    pub(crate) fn include_point(&mut self, point: &Paired) {
        self.include(&Self { lower: *point, upper: *point });
    }

    /// Squared distance from a point to the farthest corner.
    #[inline]
    pub(crate) fn farthest(&self, point: &Paired) -> u64 {
        let mut sum = 0;
        for pair in 0..PAIRS {
            for side in 0..2 {
                let value = i32::from(point[pair][side]);
                let reach = (value - i32::from(self.lower[pair][side])).max(i32::from(self.upper[pair][side]) - value);
                sum += u64::from((reach * reach) as u32);
            }
        }
        sum
    }
}
