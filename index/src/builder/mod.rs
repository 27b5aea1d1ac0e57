//! Cuts the space into blocks of near points and writes them as an image.
//!
//! Two steps, each with a file: [`split`] orders the points so that every 16 neighbours in memory are neighbours in
//! space, [`write`] lays nodes, blocks and rules out as bytes.

mod split;
mod write;

use transaction::{Label, Query, Rules};

use crate::format::MAX_REFERENCES;
use crate::{NEIGHBOURS, Progress};

/// Why no index could be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Fewer references than neighbours asked for.
    #[error("{0} references: at least 5 are needed, or there are no 5 nearest")]
    TooFewReferences(usize),
    /// More references than a tag can name.
    #[error("{0} references: an index holds at most 2147483647")]
    TooManyReferences(usize),
    /// The two slices are not parallel.
    #[error("{vectors} vectors, but {labels} labels")]
    LengthsDiffer {
        /// Vectors given.
        vectors: usize,
        /// Labels given.
        labels: usize,
    },
}

/// Builds an image: the bytes that [`Index::open`](crate::Index::open) takes, docs/FORMAT.md describes.
///
/// `vectors` and `labels` are parallel; a reference's number is its position in them. The same input gives the same
/// bytes, whatever the number of threads. Peak memory is about 32 bytes a reference beside the image.
pub fn build(
    vectors: &[Query],
    labels: &[Label],
    rules: &Rules,
    progress: &Progress<'_>,
) -> Result<Vec<u8>, BuildError> {
    if vectors.len() != labels.len() {
        return Err(BuildError::LengthsDiffer { vectors: vectors.len(), labels: labels.len() });
    }
    if vectors.len() < NEIGHBOURS {
        return Err(BuildError::TooFewReferences(vectors.len()));
    }
    if vectors.len() > MAX_REFERENCES as usize {
        return Err(BuildError::TooManyReferences(vectors.len()));
    }
    let mut points = split::points(vectors, labels);
    let tree = split::split(&mut points, progress);
    Ok(write::write(&tree, &points, rules, progress))
}
