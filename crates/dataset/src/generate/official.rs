//! The contest's references, proved by their checksum.

use super::recipe::ReferenceRecipe;
use super::references::generate_references;
use crate::error::DataError;
use crate::files::references_sha256_with;
use crate::references::References;
use crate::{OFFICIAL_SHA256, Progress};

/// Generates the official set and refuses to return it if its text's SHA-256 differs.
pub fn official_references(progress: &Progress<'_>) -> Result<References, DataError> {
    let references = generate_references(&ReferenceRecipe::OFFICIAL, progress);
    let found = references_sha256_with(&references, progress);
    if found == OFFICIAL_SHA256 { Ok(references) } else { Err(DataError::NotOfficial { found }) }
}
