//! The two widths of a squared distance.

/// An unsigned sum of squares, and the key that orders points by it.
pub trait Distance: Copy + Ord {
    /// Orders by distance, then by tag (so by reference).
    type Key: Copy + Ord;
    /// Above every distance.
    const MAX: Self;
    /// Above every distance and below [`Distance::MAX`]: a search can tell "none found yet" from "no lane left".
    const UNBOUNDED: Self;

    /// From the squares' sum, which fits by the search's choice of kernel.
    fn from_sum(sum: u64) -> Self;
    /// Distance and tag in one number.
    fn key(self, tag: u32) -> Self::Key;
    /// The distance in a key.
    fn of(key: Self::Key) -> Self;
    /// The distance and the tag in a key.
    fn split(key: Self::Key) -> (u64, u32);
}

impl Distance for u32 {
    type Key = u64;
    const MAX: Self = u32::MAX;
    const UNBOUNDED: Self = u32::MAX - 1;

    #[inline(always)]
    fn from_sum(sum: u64) -> Self {
        sum as u32
    }

    #[inline(always)]
    fn key(self, tag: u32) -> u64 {
        u64::from(self) << 32 | u64::from(tag)
    }

    #[inline(always)]
    fn of(key: u64) -> Self {
        (key >> 32) as u32
    }

    #[inline(always)]
    fn split(key: u64) -> (u64, u32) {
        (key >> 32, key as u32)
    }
}

impl Distance for u64 {
    type Key = u128;
    const MAX: Self = u64::MAX;
    const UNBOUNDED: Self = u64::MAX - 1;

    #[inline(always)]
    fn from_sum(sum: u64) -> Self {
        sum
    }

    #[inline(always)]
    fn key(self, tag: u32) -> u128 {
        u128::from(self) << 32 | u128::from(tag)
    }

    #[inline(always)]
    fn of(key: u128) -> Self {
        (key >> 32) as u64
    }

    #[inline(always)]
    fn split(key: u128) -> (u64, u32) {
        ((key >> 32) as u64, key as u32)
    }
}
