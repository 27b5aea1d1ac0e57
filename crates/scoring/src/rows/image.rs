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
        let weights: Vec<f64> = plan.schema().dimensions().iter().map(|dimension| dimension.weight).collect();
        let label_count = plan.schema().labels().map_or(0, |labels| labels.names.len());
        let options = RowOptions { weights: Some(&weights), labels, label_count, method };
        let image = RowImage::plan(rows, options, progress)?;
        let mut further = vec![(PLAN_SECTION, plan.encode().expect("scales are found before rows are made"))];
        if let Some(ids) = ids {
            assert_eq!(ids.len(), rows.len(), "a name for each row");
            let mut section: Vec<u8> = ids.ends().iter().flat_map(|end| end.to_le_bytes()).collect();
            section.extend_from_slice(ids.text().as_bytes());
            further.push((IDS_SECTION, section));
        }
        Ok(Self { rows: image, further })
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
