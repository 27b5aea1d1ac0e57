//! Why an image is refused.

use crate::exact::TreeError;
use crate::format::FormatError;

/// Why an image was refused: by the container, or by the engine whose records it holds.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OpenError {
    /// Header, section table or checksum are wrong.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The records of the trees are wrong.
    #[error(transparent)]
    Tree(#[from] TreeError),
}
