//! The two widths of a squared distance.

use std::fmt::Debug;

/// An unsigned sum of squares, and the key that orders points by it.
pub trait Distance: Copy + Ord + Debug {
    /// Orders by distance, then by tag.
    type Key: Copy + Ord;
    /// Above every distance.
    const MAX: Self;
    /// Above every distance and below [`Distance::MAX`]: a search can tell "none found yet" from "no lane left".
    const UNBOUNDED: Self;

    /// From the squares' sum, which fits by the search's choice of kernel.
    fn from_sum(sum: u64) -> Self;
    /// As a number of 64 bits.
    fn sum(self) -> u64;
    /// The next below, if there is one: what is at most that is nearer than this.
    fn before(self) -> Option<Self>;
    /// Distance and tag in one number.
    fn key(self, tag: u32) -> Self::Key;
    /// The distance in a key.
    fn of(key: Self::Key) -> Self;
    /// The tag in a key.
    fn tag(key: Self::Key) -> u32;
    /// Twice the distance, and a label in the freed bit.
    fn with_label(self, label: u16) -> Self;
    /// The label that [`Distance::with_label`] put in: 1 is fraud.
    fn label(self) -> u8;
    /// The distance without it; more than any distance of [`Distance::MAX`].
    fn without_label(self) -> Self;
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
    fn sum(self) -> u64 {
        u64::from(self)
    }

    #[inline(always)]
    fn before(self) -> Option<Self> {
        self.checked_sub(1)
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
    fn tag(key: u64) -> u32 {
        key as u32
    }

    #[inline(always)]
    fn with_label(self, label: u16) -> Self {
        self << 1 | u32::from(label)
    }

    #[inline(always)]
    fn label(self) -> u8 {
        (self & 1) as u8
    }

    #[inline(always)]
    fn without_label(self) -> Self {
        self >> 1
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
    fn sum(self) -> u64 {
        self
    }

    #[inline(always)]
    fn before(self) -> Option<Self> {
        self.checked_sub(1)
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
    fn tag(key: u128) -> u32 {
        key as u32
    }

    #[inline(always)]
    fn with_label(self, label: u16) -> Self {
        self << 1 | u64::from(label)
    }

    #[inline(always)]
    fn label(self) -> u8 {
        (self & 1) as u8
    }

    #[inline(always)]
    fn without_label(self) -> Self {
        self >> 1
    }
}
