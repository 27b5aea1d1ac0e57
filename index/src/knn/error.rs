//! Everything that can be wrong with an image of rows, a name each.

use crate::format::FormatError;

/// Why an image of rows is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each variant is its documentation, the fields are its words")]
pub enum RowImageError {
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("the index is for the engine `{found}`, this one is `knn`")]
    Engine { found: String },
    #[error("the index lies at an address that is no multiple of 4")]
    Misaligned,
    #[error("the shape's {field} is {found}")]
    Shape { field: &'static str, found: u64 },
    #[error("dimension {dimension}: {what}")]
    Dimension { dimension: usize, what: &'static str },
    #[error("node {node} leads elsewhere than in a tree of so many blocks")]
    Link { node: usize },
    #[error("box {place} is not the smallest around its points")]
    Box { place: usize },
    #[error("the labels of node {node} are not those of its rows")]
    LabelMasks { node: usize },
    #[error("the point at slot {slot}: {what}")]
    Point { slot: usize, what: &'static str },
    #[error("row {row} {what}")]
    Row { row: u32, what: &'static str },
}
