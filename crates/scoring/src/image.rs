//! Images with rules in them.

use index::{BuildError, Index, OpenError, RuleSections};
use schema::{Rules, StoredRules, StoredRulesError};
use space::{Label, Point, Progress};

use crate::rows::RowsError;

/// Why nothing can be scored by an image.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImageError {
    /// The index is not sound.
    #[error(transparent)]
    Index(#[from] OpenError),
    /// The index is sound, but the rules that it carries are none.
    #[error(transparent)]
    Rules(#[from] StoredRulesError),
    /// It is an image of rows, and not sound.
    #[error(transparent)]
    Rows(#[from] RowsError),
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

/// The rules that an index carries.
pub(crate) fn decode_rules(index: &Index<'_>) -> Result<Rules, StoredRulesError> {
    let RuleSections { normalization, mcc_risk } = index.rule_sections();
    Rules::decode(normalization, mcc_risk)
}
