//! The values of one payload or row, as dimensions ask for them.

use crate::error::Expected;
use crate::timestamp::{self, Timestamp};
use crate::value::Value;

/// Why fields give no value, with the number of the field. It is small, so that what has no fault stays in registers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    Missing(usize),
    WrongType(usize, Expected),
    NotATimestamp(usize),
    DivisorZero(usize),
    OutOfRange,
    NotFitted,
}

/// A field that holds a time: its number, and its place among those of the plan that do.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeField {
    pub(super) field: usize,
    pub(super) slot: usize,
}

/// The values of one vector; times are read once.
pub(super) struct Fields<'f> {
    values: &'f [Value<'f>],
    /// By their slots.
    times: &'f [Timestamp],
    /// Bits of the slots whose times are there.
    present: u64,
}

impl<'f> Fields<'f> {
    /// `time_fields`: the numbers of those that hold a time; `times`: at least as many slots for them, at most 64.
    #[inline]
    pub(super) fn read(
        values: &'f [Value<'f>],
        time_fields: &[usize],
        times: &'f mut [Timestamp],
    ) -> Result<Self, Fault> {
        let mut present = 0;
        for (slot, (&field, time)) in time_fields.iter().zip(times.iter_mut()).enumerate() {
            match values[field] {
                Value::Text(text) => {
                    *time = timestamp::parse(text).ok_or(Fault::NotATimestamp(field))?;
                    present |= 1 << slot;
                }
                Value::Missing => {}
                _ => return Err(Fault::WrongType(field, Expected::Text)),
            }
        }
        Ok(Self { values, times, present })
    }

    #[inline(always)]
    pub(super) fn number(&self, field: usize) -> Result<Option<f64>, Fault> {
        match self.values[field] {
            Value::Number(number) if number.is_finite() => Ok(Some(number)),
            Value::Missing => Ok(None),
            _ => Err(Fault::WrongType(field, Expected::Number)),
        }
    }

    #[inline(always)]
    pub(super) fn flag(&self, field: usize) -> Result<Option<bool>, Fault> {
        match self.values[field] {
            Value::Flag(flag) => Ok(Some(flag)),
            Value::Missing => Ok(None),
            _ => Err(Fault::WrongType(field, Expected::Boolean)),
        }
    }

    #[inline(always)]
    pub(super) fn text(&self, field: usize) -> Result<Option<&'f str>, Fault> {
        match self.values[field] {
            Value::Text(text) => Ok(Some(text)),
            Value::Missing => Ok(None),
            _ => Err(Fault::WrongType(field, Expected::Text)),
        }
    }

    #[inline(always)]
    pub(super) fn texts(&self, field: usize) -> Result<Option<&'f [&'f str]>, Fault> {
        match self.values[field] {
            Value::Texts(texts) => Ok(Some(texts)),
            Value::Missing => Ok(None),
            _ => Err(Fault::WrongType(field, Expected::Array)),
        }
    }

    #[inline(always)]
    pub(super) fn time(&self, field: TimeField) -> Option<Timestamp> {
        (self.present >> field.slot & 1 == 1).then(|| self.times[field.slot])
    }
}
