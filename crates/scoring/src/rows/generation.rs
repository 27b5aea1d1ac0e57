//! An opened index of rows, its schema, and what owns its bytes.

use index::InstructionSet;
use index::knn::{NearestRows, QueryError, RowImageError, RowIndex};
use schema::Plan;
use self_cell::self_cell;
use space::Progress;

use super::answer::{LabelledNeighbour, RowAnswer};
use super::answer_form::AnswerForm;
use super::check::check_plan;
use super::error::RowsError;
use super::ids::{check_ids, ids};
use crate::serial;

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
    answer_form: AnswerForm,
    serial: u64,
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
        let generation = Self::new(owner, |image| RowIndex::open(image, kernel, progress))?;
        check_ids(generation.index())?;
        Ok(generation)
    }

    /// [`RowGeneration::open`] for bytes that were checked before, by this very version: see [`RowIndex::open_verified`].
    ///
    /// # Errors
    ///
    /// What [`RowIndex::open_verified`] refuses, and a schema that does not fit.
    pub fn open_verified(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        kernel: InstructionSet,
    ) -> Result<Self, RowsError> {
        Self::new(owner, |image| RowIndex::open_verified(image, kernel))
    }

    fn new(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        open: impl FnOnce(&[u8]) -> Result<RowIndex<'_>, RowImageError>,
    ) -> Result<Self, RowsError> {
        let index = OwnedIndex::try_new(Box::new(owner), |owner| open((**owner).as_ref()))?;
        let plan = check_plan(index.borrow_dependent())?;
        let answer_form = AnswerForm::of(plan.schema(), index.borrow_dependent());
        Ok(Self { index, plan, answer_form, serial: serial::next() })
    }

    /// How many generations were opened before it in this process: no other has the same.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// How its answers are written.
    pub fn answer_form(&self) -> &AnswerForm {
        &self.answer_form
    }

    /// The image.
    pub fn image(&self) -> &[u8] {
        (**self.index.borrow_owner()).as_ref()
    }

    /// The index.
    pub fn index(&self) -> &RowIndex<'_> {
        self.index.borrow_dependent()
    }

    /// How payloads become vectors for it.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The name of a label.
    pub fn label_name(&self, label: u8) -> Option<&str> {
        let labels = self.plan.schema().labels()?;
        labels.names.get(usize::from(label)).map(String::as_str)
    }

    /// The name of a row, if rows have names.
    pub fn id(&self, row: u32) -> Option<&str> {
        ids(self.index())?.get(row)
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
