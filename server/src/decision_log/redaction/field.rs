//! A field to leave out, as it is asked for.

use schema::{Field, UnknownField};
use std::str::FromStr;

/// What stands in place of a field's value.
pub const REDACTED: &str = "[redacted]";

/// A field, or an object of fields, to be left out: a path with dots between its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedField(String);

/// A path without keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give a field of the request as a path, such as customer.known_merchants")]
pub struct NoPath;

impl FromStr for RedactedField {
    type Err = NoPath;

    fn from_str(text: &str) -> Result<Self, NoPath> {
        if text.split('.').any(str::is_empty) { Err(NoPath) } else { Ok(Self(text.to_owned())) }
    }
}

impl RedactedField {
    /// The path.
    pub fn path(&self) -> &str {
        &self.0
    }

    /// The field of the contest's payloads with this path.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn of_contest(&self) -> Result<Field, UnknownField> {
        self.0.parse()
    }

    /// Whether the field at `path` is this one, or in this object.
    pub fn hides(&self, path: &str) -> bool {
        path.strip_prefix(&*self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}
