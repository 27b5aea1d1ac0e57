//! Images with rules in them: built, and checked as a whole.

use index::{BuildError, Index, InstructionSet, OpenError, RuleSections};
use schema::{Rules, StoredRules, StoredRulesError};
use space::{Label, Point, Progress};

/// Why nothing can be scored by an image.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImageError {
    /// The index is not sound.
    #[error(transparent)]
    Index(#[from] OpenError),
    /// The index is sound, but the rules that it carries are none.
    #[error(transparent)]
    Rules(#[from] StoredRulesError),
}

/// Builds the image of an index that carries `rules`: [`index::build`], which says what it takes.
///
/// # Errors
///
/// What [`index::build`] refuses.
pub fn build(
    vectors: &[Point],
    labels: &[Label],
    rules: &Rules,
    progress: &Progress<'_>,
) -> Result<Vec<u8>, BuildError> {
    let StoredRules { normalization, mcc_risk } = rules.encode();
    let sections = RuleSections { normalization: &normalization, mcc_risk: &mcc_risk };
    index::build(vectors, labels, sections, progress)
}

/// Checks everything in an image: the index, and what its rules mean.
///
/// # Errors
///
/// What [`Index::open`] and [`Rules::decode`] refuse.
pub fn validate(image: &[u8], kernel: InstructionSet) -> Result<Index<'_>, ImageError> {
    let index = Index::open_with(image, kernel)?;
    decode_rules(&index)?;
    Ok(index)
}

/// The rules that an index carries.
pub(crate) fn decode_rules(index: &Index<'_>) -> Result<Rules, StoredRulesError> {
    let RuleSections { normalization, mcc_risk } = index.rule_sections();
    Rules::decode(normalization, mcc_risk)
}
