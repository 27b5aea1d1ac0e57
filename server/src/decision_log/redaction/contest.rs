//! Fields of the contest's payloads, and the dimensions that are computed from them.

use super::field::{REDACTED, RedactedField};
use schema::{Dimension, Field};
use serde_json::{Map, Value};
use space::DIMENSIONS;

/// Fields to leave out.
pub struct ContestRedaction {
    fields: Vec<Field>,
    /// The dimensions that a field of these is in.
    dimensions: [bool; DIMENSIONS],
}

impl ContestRedaction {
    /// Of these fields; of all that there are if one is none of the contest's, as nobody knows what was meant.
    pub fn of(fields: &[RedactedField]) -> Self {
        let known: Result<Vec<Field>, _> = fields.iter().map(RedactedField::of_contest).collect();
        let fields = known.unwrap_or_else(|_| Field::ALL.to_vec());
        let mut redaction = Self { fields, dimensions: [false; DIMENSIONS] };
        let is_secret =
            |dimension: Dimension| dimension.definition().fields.iter().any(|field| redaction.hides(*field));
        redaction.dimensions = Dimension::ALL.map(is_secret);
        redaction
    }

    /// Whether a field is left out, by itself or with its object.
    pub fn hides(&self, field: Field) -> bool {
        self.fields.contains(&field) || field.section().is_some_and(|section| self.fields.contains(&section))
    }

    /// The fields of the contract in a request, those left out replaced. Unknown keys are left out, as nobody has said what
    /// they hold.
    pub fn request(&self, mut document: Value) -> Value {
        let mut request = Map::new();
        for field in Field::ALL {
            let (from, to) = match field.section() {
                None => (document.as_object_mut(), Some(&mut request)),
                Some(section) => (
                    document.get_mut(section.key()).and_then(Value::as_object_mut),
                    request.get_mut(section.key()).and_then(Value::as_object_mut),
                ),
            };
            let (Some(from), Some(to)) = (from, to) else { continue };
            let value = match from.get_mut(field.key()) {
                None => continue,
                Some(_) if self.hides(field) => REDACTED.into(),
                // Its fields follow.
                Some(Value::Object(_)) => Map::new().into(),
                Some(value) => value.take(),
            };
            to.insert(field.key().to_owned(), value);
        }
        request.into()
    }

    /// An id, or what stands in its place.
    pub fn id<'a>(&self, id: &'a str) -> &'a str {
        if self.hides(Field::Id) { REDACTED } else { id }
    }

    /// Takes from a serialized [`scoring::Explanation`] what was computed from the fields.
    pub fn explanation(&self, explanation: &mut Value) {
        for place in (0..DIMENSIONS).filter(|place| self.dimensions[*place]) {
            for key in ["raw", "value", "quantized"] {
                clear(explanation.pointer_mut(&format!("/dimensions/{place}/{key}")));
            }
            let neighbours = explanation.get_mut("neighbours").and_then(Value::as_array_mut);
            for neighbour in neighbours.into_iter().flatten() {
                for key in ["vector", "shares"] {
                    clear(neighbour.pointer_mut(&format!("/{key}/{place}")));
                }
            }
        }
    }
}

fn clear(value: Option<&mut Value>) {
    if let Some(value) = value {
        *value = Value::Null;
    }
}
