//! A value of a vector with what it was made of.

/// One dimension of a payload or a row, for explanations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredValue {
    /// What the fields say before the steps, in [`Source::unit`](crate::Source::unit). `None` if a field is absent, and for a ratio
    /// to 0.
    pub raw: Option<f64>,
    /// The same after the steps, before it is scaled and limited to its range; `None` also if it is infinite.
    pub stepped: Option<f64>,
    /// What is compared: the value of [`Plan::vectorize`](crate::Plan::vectorize).
    pub value: f32,
    /// Its place on the dimension's fixed grid, if it has one: the value of [`Plan::quantize`](crate::Plan::quantize).
    pub place: Option<i16>,
    /// Whether it is the dimension's default.
    pub is_default: bool,
}

/// A value as a vector holds it: a zero is never negative.
#[inline]
pub(super) fn rounded(value: f64) -> f32 {
    value as f32 + 0.0
}
