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

    /// The names in the order of the rows.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start as usize..*end as usize])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_as_they_went_in() {
        let mut ids = RowIds::default();
        assert!(ids.is_empty());
        ["a", "", "große"].into_iter().for_each(|id| ids.push(id));
        assert_eq!((ids.len(), ids.text(), ids.ends()), (3, "agroße", [1, 1, 7].as_slice()));
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["a", "", "große"]);
    }
}
