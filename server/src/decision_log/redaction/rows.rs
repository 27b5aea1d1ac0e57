//! Fields of an own schema's payloads.

use super::field::{REDACTED, RedactedField};
use schema::Plan;
use serde_json::{Map, Value};

/// Fields to leave out of the payloads of any schema.
pub struct RowsRedaction<'a>(pub &'a [RedactedField]);

impl RowsRedaction<'_> {
    /// The first field to leave out that the schema of `plan` does not have, most likely a typing error.
    pub fn unknown(&self, plan: &Plan) -> Option<&RedactedField> {
        self.0.iter().find(|field| paths(plan).all(|path| !field.hides(path)))
    }

    /// The fields of the schema in a request, those left out replaced. Unknown keys are left out, as nobody has said what they hold.
    pub fn request(&self, plan: &Plan, document: &Value) -> Value {
        let mut request = Map::new();
        for path in paths(plan) {
            let keys: Vec<&str> = path.split('.').collect();
            let found = keys.iter().try_fold(document, |object, key| object.get(key));
            if let Some(value) = found {
                let is_hidden = self.0.iter().any(|field| field.hides(path));
                insert(&mut request, &keys, if is_hidden { REDACTED.into() } else { value.clone() });
            }
        }
        request.into()
    }

    /// The text that names a request, or what stands in its place; `None` if the schema has none.
    pub fn id<'d>(&self, plan: &Plan, document: &'d Value) -> Option<&'d str> {
        let path = plan.schema().payload().id.as_deref()?;
        if self.0.iter().any(|field| field.hides(path)) {
            return Some(REDACTED);
        }
        path.split('.').try_fold(document, |object, key| object.get(key))?.as_str()
    }
}

/// The paths of all fields of the schema, that of the id among them.
fn paths(plan: &Plan) -> impl Iterator<Item = &str> {
    let id = plan.schema().payload().id.as_deref();
    id.into_iter().chain(plan.fields().iter().map(|field| &*field.path))
}

fn insert(object: &mut Map<String, Value>, keys: &[&str], value: Value) {
    match keys {
        [] => {}
        [key] => {
            object.insert((*key).to_owned(), value);
        }
        [key, rest @ ..] => {
            let inner = object.entry(*key).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
