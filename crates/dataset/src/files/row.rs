//! One element of a references file: `{"vector":[…],"label":"…"}`, keys in any order, nothing else.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use space::{DIMENSIONS, Label, Point, SCALE};
use std::fmt;

/// Of an unknown label; it may be of any length.
const SHOWN_CHARACTERS: usize = 40;

pub(crate) struct Row {
    pub(crate) vector: Point,
    pub(crate) label: Label,
    /// Values that were no multiples of 0.0001.
    pub(crate) rounded: u32,
}

struct RowVisitor;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Vector,
    Label,
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

impl Row {
    /// From an object that has been begun.
    pub(crate) fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        RowVisitor.visit_map(map)
    }
}

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a vector and a label")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let (mut values, mut label) = (None, None);
        while let Some(key) = map.next_key()? {
            let is_duplicate = match key {
                Key::Vector => values.replace(map.next_value_seed(VectorSeed)?).is_some(),
                Key::Label => label.replace(map.next_value_seed(LabelSeed)?).is_some(),
            };
            if is_duplicate {
                return Err(A::Error::duplicate_field(if matches!(key, Key::Vector) { "vector" } else { "label" }));
            }
        }
        let (vector, rounded) = values.ok_or_else(|| A::Error::missing_field("vector"))?;
        let label = label.ok_or_else(|| A::Error::missing_field("label"))?;
        Ok(Row { vector, label, rounded })
    }
}

struct VectorSeed;

impl<'de> DeserializeSeed<'de> for VectorSeed {
    type Value = (Point, u32);

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for VectorSeed {
    type Value = (Point, u32);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a vector of {DIMENSIONS} numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Self::Value, A::Error> {
        let mut values = [0; DIMENSIONS];
        let mut rounded = 0;
        for (dimension, stored) in values.iter_mut().enumerate() {
            let value: f64 = numbers.next_element()?.ok_or_else(|| A::Error::invalid_length(dimension, &self))?;
            if !(-1.0..=1.0).contains(&value) {
                return Err(A::Error::custom(format_args!("dimension {dimension} is {value}, outside [-1, 1]")));
            }
            let scale = f64::from(SCALE);
            let nearest = (value * scale).round();
            rounded += u32::from(nearest / scale != value);
            *stored = nearest as i16;
        }
        if numbers.next_element::<serde::de::IgnoredAny>()?.is_some() {
            return Err(A::Error::custom(format_args!("the vector is longer than {DIMENSIONS} numbers")));
        }
        Ok((Point::new(values).map_err(A::Error::custom)?, rounded))
    }
}

struct LabelSeed;

impl<'de> DeserializeSeed<'de> for LabelSeed {
    type Value = Label;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Label, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for LabelSeed {
    type Value = Label;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the label \"legit\" or \"fraud\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Label, E> {
        [Label::Legit, Label::Fraud].into_iter().find(|label| label.name() == text).ok_or_else(|| {
            let shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
            E::invalid_value(Unexpected::Str(&shown), &self)
        })
    }
}
