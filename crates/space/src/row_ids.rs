//! Names of rows, one behind the other.

/// Names of rows: any texts. A row without one has the empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowIds {
    text: String,
    /// Where each ends.
    ends: Vec<u64>,
}

impl RowIds {
    /// Adds the name of the next row.
    pub fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len() as u64);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All names, one behind the other.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// By row, the byte of [`RowIds::text`] behind the last of its name.
    pub fn ends(&self) -> &[u64] {
        &self.ends
    }
}
