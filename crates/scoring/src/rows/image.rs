//! The image of rows with what belongs to them: their schema, and their names.

use std::io::{self, Write};

use index::knn::{Choice, Method, RowBuildError, RowImage, RowOptions};
use schema::Plan;
use space::{Progress, RowIds, Rows};

/// The section that holds the plan, as [`Plan::encode`] makes it.
pub const PLAN_SECTION: u32 = 1;
/// The section that holds the rows' names: for each row where its name ends, as u64, then all names.
pub const IDS_SECTION: u32 = 2;

/// An image to be written.
pub struct RowsImage<'a> {
    rows: RowImage<'a>,
    further: Vec<(u32, Vec<u8>)>,
}

impl<'a> RowsImage<'a> {
    /// Decides how rows are laid out that were made by `plan`.
    ///
    /// # Errors
    ///
    /// What [`RowImage::plan`] refuses.
    ///
    /// # Panics
    ///
    /// If the plan's scales were not found from data yet, or there are more or fewer names than rows.
    pub fn plan(
        plan: &Plan,
        rows: Rows<'a>,
        labels: Option<&'a [u8]>,
        ids: Option<&RowIds>,
        method: Option<Method>,
        progress: &Progress<'_>,
    ) -> Result<Self, RowBuildError> {
        let weights = weights(plan);
        let further = further(plan, ids, rows.len());
        let rows = RowImage::plan(rows, options(plan, &weights, labels, method), progress)?;
        Ok(Self { rows, further })
    }

    /// [`RowsImage::plan`] of rows that are moved to a grid, of which the image keeps nothing else.
    ///
    /// # Errors
    ///
    /// What [`RowImage::plan_on_grid`] refuses.
    ///
    /// # Panics
    ///
    /// As [`RowsImage::plan`].
    pub fn plan_on_grid(
        plan: &Plan,
        values: &'a mut [f32],
        labels: Option<&'a [u8]>,
        ids: Option<&RowIds>,
        method: Option<Method>,
        progress: &Progress<'_>,
    ) -> Result<Self, RowBuildError> {
        let weights = weights(plan);
        let further = further(plan, ids, values.len() / plan.dimensions());
        let options = options(plan, &weights, labels, method);
        let rows = RowImage::plan_on_grid(plan.dimensions(), values, options, progress)?;
        Ok(Self { rows, further })
    }

    /// How points are found, and why.
    pub fn choice(&self) -> &Choice {
        self.rows.choice()
    }

    /// Rows that are copies of others.
    pub fn copies(&self) -> u32 {
        self.rows.shape().rows - self.rows.shape().points
    }

    /// Bytes of the image.
    pub fn bytes(&self) -> u64 {
        self.rows.bytes(&self.further())
    }

    /// Writes the image: [`RowImage::write`].
    ///
    /// # Errors
    ///
    /// What `out` returns.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.rows.write(&self.further(), out)
    }

    fn further(&self) -> Vec<(u32, &[u8])> {
        self.further.iter().map(|(kind, bytes)| (*kind, bytes.as_slice())).collect()
    }
}

fn weights(plan: &Plan) -> Vec<f64> {
    plan.schema().dimensions().iter().map(|dimension| dimension.weight).collect()
}

fn options<'a, 'w>(
    plan: &Plan,
    weights: &'w [f64],
    labels: Option<&'a [u8]>,
    method: Option<Method>,
) -> RowOptions<'a, 'w> {
    let label_count = plan.schema().labels().map_or(0, |labels| labels.names.len());
    RowOptions { weights: Some(weights), labels, label_count, method }
}

/// The sections of the plan and of the names of so many rows.
fn further(plan: &Plan, ids: Option<&RowIds>, rows: usize) -> Vec<(u32, Vec<u8>)> {
    let mut further = vec![(PLAN_SECTION, plan.encode().expect("scales are found before rows are made"))];
    if let Some(ids) = ids {
        assert_eq!(ids.len(), rows, "a name for each row");
        let mut section: Vec<u8> = ids.ends().iter().flat_map(|end| end.to_le_bytes()).collect();
        section.extend_from_slice(ids.text().as_bytes());
        further.push((IDS_SECTION, section));
    }
    further
}
