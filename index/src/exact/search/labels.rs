//! Sets of labels.

use space::Label;

/// A set of labels, a bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Labels(u8);

impl Labels {
    pub(super) const LEGIT: Self = Self(1 << Label::Legit as u8);
    pub(super) const FRAUD: Self = Self(1 << Label::Fraud as u8);
    pub(super) const BOTH: Self = Self(3);

    /// Whether a label is one of them.
    #[inline(always)]
    pub(super) fn has(self, label: Label) -> bool {
        self.0 >> label as u8 & 1 == 1
    }

    /// Whether all of these are among the others.
    #[inline(always)]
    pub(super) fn is_subset_of(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// The intersection.
    #[inline(always)]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// One label.
    #[inline(always)]
    pub(super) fn only(label: Label) -> Self {
        Self(1 << label as u8)
    }

    /// The lanes that hold points of any of these labels; `holds` are those of each label.
    #[inline(always)]
    pub(super) fn of(self, holds: [u16; 2]) -> u16 {
        let legit = if self.has(Label::Legit) { holds[0] } else { 0 };
        let fraud = if self.has(Label::Fraud) { holds[1] } else { 0 };
        legit | fraud
    }
}

/// The label that is not this one.
#[inline(always)]
pub(super) fn other(label: Label) -> Label {
    match label {
        Label::Legit => Label::Fraud,
        Label::Fraud => Label::Legit,
    }
}
