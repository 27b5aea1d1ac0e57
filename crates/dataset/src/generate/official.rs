//! The contest's references, proved by their checksum.

use super::recipe::ReferenceRecipe;
use super::references::generate_references;
use crate::error::DataError;
use crate::files::references_sha256_with;
use crate::references::References;
use crate::{OFFICIAL_SHA256, Progress};

/// Generates the official set: the contest's references file.
///
/// # Errors
///
/// [`DataError::NotOfficial`] if the SHA-256 of its text is not [`OFFICIAL_SHA256`].
pub fn official_references(progress: &Progress<'_>) -> Result<References, DataError> {
    let references = generate_references(&ReferenceRecipe::OFFICIAL, progress);
    let found = references_sha256_with(&references, progress);
    if found == OFFICIAL_SHA256 { Ok(references) } else { Err(DataError::NotOfficial { found }) }
}
