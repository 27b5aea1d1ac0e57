//! Whether the schema in an image is that of its rows.

use index::knn::RowIndex;
use schema::Plan;

use super::error::RowsError;
use super::ids::ids;
use super::image::{IDS_SECTION, PLAN_SECTION};

/// The plan, once it fits the index.
pub(super) fn check_plan(index: &RowIndex<'_>) -> Result<Plan, RowsError> {
    let plan = Plan::decode(index.further_section(PLAN_SECTION).ok_or(RowsError::NoPlan)?)?;
    let labels = plan.schema().labels().map_or(0, |labels| labels.names.len());
    let shape = index.shape();
    for (what, plan, index) in [
        ("dimensions", plan.dimensions(), shape.dimensions as usize),
        ("labels", labels, shape.labels as usize),
        (
            "names of rows",
            usize::from(plan.schema().row_id().is_some()),
            usize::from(index.further_section(IDS_SECTION).is_some()),
        ),
    ] {
        if plan != index {
            return Err(RowsError::Differs { what, plan, index });
        }
    }
    for (dimension, spec) in index.dimensions().iter().zip(plan.schema().dimensions()) {
        if dimension.weight != spec.weight {
            return Err(RowsError::Differs { what: "other weights", plan: 0, index: 0 });
        }
    }
    if index.further_section(IDS_SECTION).is_some() && ids(index).is_none() {
        return Err(RowsError::Ids("they are cut off"));
    }
    Ok(plan)
}
