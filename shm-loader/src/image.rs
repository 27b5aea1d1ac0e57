//! Whether an image is one that servers can answer from: a sound index, and rules that turn payloads into vectors.

use index::{Index, InstructionSet, OpenError, RuleSections};
use schema::{Rules, StoredRulesError};

/// Why an image is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImageError {
    /// The index is not sound.
    #[error(transparent)]
    Index(#[from] OpenError),
    /// The index is sound, but the rules that it carries are none.
    #[error(transparent)]
    Rules(#[from] StoredRulesError),
}

/// Checks everything in an image, as servers do before they answer from it.
pub(crate) fn open(bytes: &[u8], kernel: InstructionSet) -> Result<Index<'_>, ImageError> {
    let index = Index::open_with(bytes, kernel)?;
    let RuleSections { normalization, mcc_risk } = index.rule_sections();
    Rules::decode(normalization, mcc_risk)?;
    Ok(index)
}
