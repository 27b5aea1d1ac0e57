//! What a reader has found of a plan's fields in a document.

use crate::value::Value;

/// The values of the fields, and the texts of those that are lists.
pub(crate) struct Found<'a> {
    /// By the number of the field; a list's is set at the end, by [`ListRange`].
    pub(crate) values: Vec<Value<'a>>,
    pub(crate) texts: Vec<&'a str>,
    pub(crate) lists: Vec<ListRange>,
}

/// Where the texts of a list are.
#[derive(Clone, Copy)]
pub(crate) struct ListRange {
    pub(crate) field: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Found<'_> {
    /// Nothing is found yet of `fields` fields.
    pub(crate) fn reset(&mut self, fields: usize) {
        self.values.clear();
        self.values.resize(fields, Value::Missing);
        self.texts.clear();
        self.lists.clear();
    }
}
