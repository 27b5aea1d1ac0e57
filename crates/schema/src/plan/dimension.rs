//! One dimension of a plan: its arithmetic, in f64 and in one order.

use super::fields::{Fault, Fields, TimeField};
use super::grid::Grid;
use super::lookup::Lookup;
use super::measured::{MeasuredValue, rounded};
use super::parameters::Parameters;
use crate::field_tree::FieldTree;
use crate::schema_file::{DimensionSpec, List, Scale, Source, Steps};
use crate::timestamp::{day_of_week, hour_of_day, seconds_between};

/// A dimension whose fields are numbers of the plan's list.
#[derive(Clone, Debug)]
pub(super) struct Dimension {
    pub(super) name: Box<str>,
    origin: Origin,
    steps: Steps,
    default: Option<f64>,
    /// Infinite where nothing limits it.
    range: [f64; 2],
    pub(super) scale: Scale,
    pub(super) grid: Option<Grid>,
    pub(super) parameters: Option<Parameters>,
}

#[derive(Clone, Debug)]
enum Origin {
    Number(usize),
    Flag { field: usize, invert: bool },
    Ratio { numerator: usize, divisor: usize, by_zero: Option<[f64; 2]> },
    Hour(TimeField),
    Weekday(TimeField),
    Minutes { from: TimeField, to: TimeField },
    Lookup { field: usize, table: Lookup, other: f64 },
    MemberOfField { field: usize, list: usize, invert: bool },
    MemberOfTexts { field: usize, texts: Box<[Box<str>]>, invert: bool },
}

/// What the fields say before the steps.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw {
    Number(f64),
    /// The dimension's value: no step applies to it.
    AsItIs(f64),
    /// A field is absent, which is this fault if there is no default.
    Absent(Fault),
}

impl Dimension {
    /// `times`: the numbers of the fields that hold a time, ascending.
    pub(super) fn new(spec: &DimensionSpec, tree: &FieldTree, times: &[usize]) -> Self {
        let number = |path: &str| tree.fields.iter().position(|field| *field.path == *path);
        let field = |path: &str| number(path).expect("the tree has every path of its schema");
        let slot = |path: &str| {
            let field = field(path);
            TimeField { slot: times.binary_search(&field).expect("the times have every time of the tree"), field }
        };
        let origin = match &spec.source {
            Source::Number(path) => Origin::Number(field(path)),
            Source::Flag { path, invert } => Origin::Flag { field: field(path), invert: *invert },
            Source::Ratio { numerator, divisor, by_zero } => {
                Origin::Ratio { numerator: field(numerator), divisor: field(divisor), by_zero: *by_zero }
            }
            Source::Hour(path) => Origin::Hour(slot(path)),
            Source::Weekday(path) => Origin::Weekday(slot(path)),
            Source::Minutes { from, to } => Origin::Minutes { from: slot(from), to: slot(to) },
            Source::Lookup { path, table, other } => {
                Origin::Lookup { field: field(path), table: Lookup::new(table), other: *other }
            }
            Source::Member { path, list: List::Field(list), invert } => {
                Origin::MemberOfField { field: field(path), list: field(list), invert: *invert }
            }
            Source::Member { path, list: List::Texts(texts), invert } => {
                let texts = texts.iter().map(|text| text.as_str().into()).collect();
                Origin::MemberOfTexts { field: field(path), texts, invert: *invert }
            }
        };
        let grid = match spec.scale {
            Scale::Grid { range, resolution } => Some(Grid::new(range, resolution)),
            Scale::None | Scale::MinMax | Scale::Quantiles => None,
        };
        Self {
            name: spec.name.as_str().into(),
            origin,
            steps: spec.steps,
            default: spec.default,
            range: spec.range(),
            scale: spec.scale,
            grid,
            parameters: None,
        }
    }

    pub(super) fn has_default(&self) -> bool {
        self.default.is_some()
    }

    /// Its value before it is rounded.
    #[inline]
    pub(super) fn value(&self, fields: &Fields<'_>) -> Result<f64, Fault> {
        self.value_of(self.raw(fields)?)
    }

    /// Its value with what it was made of.
    pub(super) fn measure(&self, fields: &Fields<'_>) -> Result<MeasuredValue, Fault> {
        let raw = self.raw(fields)?;
        let value = self.value_of(raw)?;
        let number = match raw {
            Raw::Number(number) => Some(number),
            Raw::AsItIs(_) | Raw::Absent(_) => None,
        };
        Ok(MeasuredValue {
            raw: number,
            stepped: number.map(|number| self.stepped(number)).filter(|stepped| stepped.is_finite()),
            value: rounded(value),
            place: self.grid.map(|grid| grid.place(value)),
            is_default: matches!(raw, Raw::Absent(_)),
        })
    }

    #[inline]
    fn value_of(&self, raw: Raw) -> Result<f64, Fault> {
        let value = match raw {
            Raw::Number(number) => self.scaled(self.stepped(number))?,
            Raw::AsItIs(value) => value,
            Raw::Absent(fault) => self.default.ok_or(fault)?,
        };
        let [least, most] = self.range;
        let value = value.clamp(least, most);
        if (value as f32).is_finite() { Ok(value) } else { Err(Fault::OutOfRange) }
    }

    /// The number after the steps; may be infinite.
    #[inline]
    pub(super) fn stepped(&self, number: f64) -> f64 {
        let steps = &self.steps;
        let number = if steps.log { number.abs().ln_1p().copysign(number) } else { number };
        let number = (number + steps.offset) / steps.divide;
        match steps.clamp {
            Some([least, most]) => number.clamp(least, most),
            None => number,
        }
    }

    #[inline]
    fn scaled(&self, number: f64) -> Result<f64, Fault> {
        match (self.scale, &self.parameters) {
            (Scale::None | Scale::Grid { .. }, _) => Ok(number),
            (_, Some(parameters)) => Ok(parameters.scale(number)),
            (_, None) => Err(Fault::NotFitted),
        }
    }

    /// What the fields say before the steps.
    #[inline]
    pub(super) fn raw(&self, fields: &Fields<'_>) -> Result<Raw, Fault> {
        let absent = |field: usize| Ok(Raw::Absent(Fault::Missing(field)));
        let flag = |flag: bool, invert: bool| Ok(Raw::Number(f64::from(u8::from(flag != invert))));
        match self.origin {
            Origin::Number(field) => match fields.number(field)? {
                Some(number) => Ok(Raw::Number(number)),
                None => absent(field),
            },
            Origin::Flag { field, invert } => match fields.flag(field)? {
                Some(is_set) => flag(is_set, invert),
                None => absent(field),
            },
            Origin::Ratio { numerator, divisor, by_zero } => match (fields.number(numerator)?, fields.number(divisor)?)
            {
                (None, _) => absent(numerator),
                (_, None) => absent(divisor),
                (Some(number), Some(0.0)) => Ok(match by_zero {
                    Some([not_above, above]) => Raw::AsItIs(if number > 0.0 { above } else { not_above }),
                    None => Raw::Absent(Fault::DivisorZero(divisor)),
                }),
                (Some(number), Some(by)) => Ok(Raw::Number(number / by)),
            },
            Origin::Hour(field) => match fields.time(field) {
                Some(time) => Ok(Raw::Number(hour_of_day(time) as f64)),
                None => absent(field.field),
            },
            Origin::Weekday(field) => match fields.time(field) {
                Some(time) => Ok(Raw::Number(day_of_week(time) as f64)),
                None => absent(field.field),
            },
            Origin::Minutes { from, to } => match (fields.time(from), fields.time(to)) {
                (Some(from), Some(to)) => Ok(Raw::Number(seconds_between(from, to) / 60.0)),
                (None, _) => absent(from.field),
                (_, None) => absent(to.field),
            },
            Origin::Lookup { field, ref table, other } => match fields.text(field)? {
                Some(text) => Ok(Raw::Number(table.find(text).unwrap_or(other))),
                None => absent(field),
            },
            Origin::MemberOfField { field, list, invert } => match (fields.text(field)?, fields.texts(list)?) {
                (Some(text), Some(texts)) => flag(texts.contains(&text), invert),
                (None, _) => absent(field),
                (_, None) => absent(list),
            },
            Origin::MemberOfTexts { field, ref texts, invert } => match fields.text(field)? {
                Some(text) => flag(texts.binary_search_by(|one| (**one).cmp(text)).is_ok(), invert),
                None => absent(field),
            },
        }
    }
}
