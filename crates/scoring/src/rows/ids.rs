//! The names of rows, as their section in an image holds them.

use index::knn::RowIndex;

use super::error::RowsError;
use super::image::IDS_SECTION;

/// The names of rows as an image holds them.
#[derive(Clone, Copy)]
pub(super) struct Ids<'a> {
    /// By row, where its name ends in `text`, as u64.
    ends: &'a [[u8; 8]],
    text: &'a [u8],
}

impl<'a> Ids<'a> {
    /// The name of a row.
    pub fn get(self, row: u32) -> Option<&'a str> {
        let end = |row: u32| u64::from_le_bytes(self.ends[row as usize]) as usize;
        let start = if row == 0 { 0 } else { end(row - 1) };
        std::str::from_utf8(&self.text[start..end(row)]).ok()
    }
}

/// The names of rows, if they have some.
pub(super) fn ids<'a>(index: &RowIndex<'a>) -> Option<Ids<'a>> {
    let section = index.further_section(IDS_SECTION)?;
    let (ends, text) = section.split_at_checked(index.shape().rows as usize * size_of::<u64>())?;
    Some(Ids { ends: ends.as_chunks().0, text })
}

/// Whether each row's name is a text.
pub(super) fn check_ids(index: &RowIndex<'_>) -> Result<(), RowsError> {
    let Some(Ids { ends, text }) = ids(index) else { return Ok(()) };
    let text = std::str::from_utf8(text).map_err(|_| RowsError::Ids("they are no UTF-8"))?;
    let mut start = 0;
    for end in ends {
        let end = u64::from_le_bytes(*end) as usize;
        if end < start || !text.is_char_boundary(end) {
            return Err(RowsError::Ids("one ends before it begins, or within a letter"));
        }
        start = end;
    }
    if start == text.len() { Ok(()) } else { Err(RowsError::Ids("the last ends before the text does")) }
}
