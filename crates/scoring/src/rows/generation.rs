//! An opened index of rows, its schema, and what owns its bytes.

use index::InstructionSet;
use index::knn::{NearestRows, QueryError, RowImageError, RowIndex};
use schema::{Plan, StoredPlanError};
use self_cell::self_cell;
use space::Progress;

use super::answer::{LabelledNeighbour, RowAnswer};
use super::image::{IDS_SECTION, PLAN_SECTION};

/// Whatever keeps the bytes of an image.
type Owner = Box<dyn AsRef<[u8]> + Send + Sync>;

self_cell!(
    /// An index beside the owner of the bytes that it borrows.
    struct OwnedIndex {
        owner: Owner,
        #[covariant]
        dependent: RowIndex,
    }
);

/// An opened index of rows with the schema that it carries. It owns its bytes: dropping it gives them back.
pub struct RowGeneration {
    index: OwnedIndex,
    plan: Plan,
}

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

impl RowGeneration {
    /// Checks everything in the image that `owner` keeps. The bytes must begin at a multiple of 4 and must not change.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn open(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        kernel: InstructionSet,
        progress: &Progress<'_>,
    ) -> Result<Self, RowsError> {
        let index = OwnedIndex::try_new(Box::new(owner), |owner| RowIndex::open((**owner).as_ref(), kernel, progress))?;
        let plan = check(index.borrow_dependent())?;
        Ok(Self { index, plan })
    }

    /// The index.
    pub fn index(&self) -> &RowIndex<'_> {
        self.index.borrow_dependent()
    }

    /// How payloads become vectors for it.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The name of a row, if rows have names.
    pub fn id(&self, row: u32) -> Option<&str> {
        let (ends, text) = ids(self.index())?;
        let end = |row: u32| u64::from_le_bytes(ends[row as usize]) as usize;
        let start = if row == 0 { 0 } else { end(row - 1) };
        std::str::from_utf8(&text[start..end(row)]).ok()
    }

    /// What the `k` nearest rows say of a vector; `nearest` is reused from one to the next.
    ///
    /// # Errors
    ///
    /// What [`RowIndex::search`] refuses.
    pub fn answer(&self, query: &[f32], k: usize, nearest: &mut NearestRows) -> Result<RowAnswer<'_>, QueryError> {
        let found = self.index().search(query, k, nearest)?;
        let names = self.plan.schema().labels().map_or(&[][..], |labels| &labels.names);
        let neighbours = found.iter().map(|found| LabelledNeighbour {
            row: found.row,
            id: self.id(found.row),
            label: self.index().label(found.row).and_then(|label| names.get(usize::from(label))).map(String::as_str),
            distance: found.distance,
        });
        Ok(RowAnswer::new(neighbours.collect(), names))
    }
}

/// Ends of the names, and all names.
fn ids<'a>(index: &RowIndex<'a>) -> Option<(&'a [[u8; 8]], &'a [u8])> {
    let section = index.further_section(IDS_SECTION)?;
    let (ends, text) = section.split_at_checked(index.shape().rows as usize * size_of::<u64>())?;
    Some((ends.as_chunks().0, text))
}

/// The plan, once it and the names fit the index.
fn check(index: &RowIndex<'_>) -> Result<Plan, RowsError> {
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
    if index.further_section(IDS_SECTION).is_some() {
        check_ids(ids(index).ok_or(RowsError::Ids("they are cut off"))?)?;
    }
    Ok(plan)
}

fn check_ids((ends, text): (&[[u8; 8]], &[u8])) -> Result<(), RowsError> {
    let text = std::str::from_utf8(text).map_err(|_| RowsError::Ids("they are no UTF-8"))?;
    let mut start = 0;
    for end in ends {
        let end = u64::from_le_bytes(*end) as usize;
        if end < start || !text.is_char_boundary(end) {
            return Err(RowsError::Ids("one ends before it begins, or within a letter"));
        }
        start = end;
    }
    if start == text.len() { Ok(()) } else { Err(RowsError::Ids("the last ends before the text does")) }
}
