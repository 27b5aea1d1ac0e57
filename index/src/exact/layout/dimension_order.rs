//! The order in which an image holds the dimensions.
//!
//! The builder pairs dimensions so that blocks pack well; everything behind the header is in that order.

use space::DIMENSIONS;

use crate::exact::error::TreeError;
use crate::lanes::{PAIRS, Paired};

/// What an image holds for a value of 0, so that nothing it holds is negative: how far a value lies outside a box is then
/// two subtractions that stop at zero.
const ZERO: i16 = 10_000;

/// A permutation of the dimensions: place in the image to dimension of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DimensionOrder([u8; DIMENSIONS]);

impl DimensionOrder {
    /// Takes a permutation and nothing else.
    pub(crate) fn new(places: [u8; DIMENSIONS]) -> Result<Self, TreeError> {
        let seen = places.iter().fold(0u32, |seen, place| seen | 1u32.checked_shl(u32::from(*place)).unwrap_or(0));
        if seen == (1 << DIMENSIONS) - 1 { Ok(Self(places)) } else { Err(TreeError::DimensionOrder { found: places }) }
    }

    pub(crate) fn places(&self) -> [u8; DIMENSIONS] {
        self.0
    }

    /// A vector as the image holds it.
    #[inline(always)]
    pub(crate) fn pair(&self, values: &[i16; DIMENSIONS]) -> Paired {
        // 16 values, so that no place needs a check that it is less than 14.
        let mut padded = [0; 16];
        padded[..DIMENSIONS].copy_from_slice(values);
        std::array::from_fn(|pair| std::array::from_fn(|side| padded[usize::from(self.0[2 * pair + side] % 16)] + ZERO))
    }

    /// The vector that the image holds so.
    pub(crate) fn unpair(&self, paired: &Paired) -> [i16; DIMENSIONS] {
        let mut values = [0; DIMENSIONS];
        for place in 0..2 * PAIRS {
            values[usize::from(self.0[place])] = paired[place / 2][place % 2].wrapping_sub(ZERO);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpair_undoes_pair_and_only_permutations_are_taken() {
        let order = DimensionOrder::new([13, 0, 5, 6, 1, 2, 12, 3, 4, 7, 8, 11, 9, 10]).unwrap();
        let values = std::array::from_fn(|i| i as i16 * 100 - 700);
        assert_eq!(order.pair(&values)[0], [values[13] + 10_000, values[0] + 10_000]);
        assert_eq!(order.unpair(&order.pair(&values)), values);
        for wrong in [[0; 14], [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], [200; 14]] {
            assert_eq!(DimensionOrder::new(wrong), Err(TreeError::DimensionOrder { found: wrong }));
        }
    }
}
