//! What an image of rows is, in numbers and names.

use index::InstructionSet;
use index::knn::{RowIndex, RowInfo};
use schema::Plan;
use serde::Serialize;
use space::Progress;

use super::check::check_plan;
use super::error::RowsError;
use super::generation::RowGeneration;
use super::ids::check_ids;

/// What an image of rows holds; serialized, it is the JSON that people's scripts read.
#[derive(Clone, Debug, Serialize)]
pub struct RowsInfo {
    /// Of the index.
    #[serde(flatten)]
    pub index: RowInfo,
    /// The schema's name.
    pub schema: String,
    /// [`Plan::fingerprint`] in hexadecimal: tells versions of a schema apart.
    pub fingerprint: String,
    /// How many rows answer.
    pub k: usize,
    /// The names of the labels; none if rows have no labels.
    pub label_names: Vec<String>,
}

impl RowsInfo {
    fn of(index: &RowIndex<'_>, plan: &Plan) -> Self {
        let schema = plan.schema();
        Self {
            index: index.info(),
            schema: schema.name().to_owned(),
            fingerprint: format!("{:016x}", plan.fingerprint()),
            k: schema.k(),
            label_names: schema.labels().map(|labels| labels.names.clone()).unwrap_or_default(),
        }
    }
}

impl RowGeneration {
    /// What it holds.
    pub fn info(&self) -> RowsInfo {
        RowsInfo::of(self.index(), self.plan())
    }
}

/// Checks everything in an image of rows.
pub(crate) fn validate_rows(
    image: &[u8],
    kernel: InstructionSet,
    progress: &Progress<'_>,
) -> Result<RowsInfo, RowsError> {
    let index = RowIndex::open(image, kernel, progress)?;
    let plan = check_plan(&index)?;
    check_ids(&index)?;
    Ok(RowsInfo::of(&index, &plan))
}

/// [`validate_rows`] for bytes that were checked before.
pub(crate) fn verified_rows(image: &[u8], kernel: InstructionSet) -> Result<RowsInfo, RowsError> {
    let index = RowIndex::open_verified(image, kernel)?;
    let plan = check_plan(&index)?;
    Ok(RowsInfo::of(&index, &plan))
}
