//! What can be wrong with an image of rows and its schema.

use index::knn::RowImageError;
use schema::StoredPlanError;

/// Why nothing can be answered from an image of rows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RowsError {
    /// The index is not sound.
    #[error(transparent)]
    Index(#[from] RowImageError),
    /// It carries no schema.
    #[error("the index carries no schema")]
    NoPlan,
    /// What it carries is none.
    #[error(transparent)]
    Plan(#[from] StoredPlanError),
    /// Schema and index are of different rows.
    #[error("the schema has {plan} {what}, the index {index}")]
    Differs {
        /// What differs.
        what: &'static str,
        /// By the schema.
        plan: usize,
        /// By the index.
        index: usize,
    },
    /// The names are not those of the rows.
    #[error("the names of rows: {0}")]
    Ids(&'static str),
}
