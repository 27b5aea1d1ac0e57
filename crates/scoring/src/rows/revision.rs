//! The rows of an index, with some removed and others added: what another index is built of.

use schema::Plan;
use space::RowIds;
use std::collections::HashSet;

use super::generation::RowGeneration;

/// Rows to build an index of.
#[derive(Debug)]
pub struct Revision {
    /// The plan that made them, with the scales found when the first index was built.
    pub plan: Plan,
    /// Row by row, a value for each dimension.
    pub values: Vec<f32>,
    /// By row, its label.
    pub labels: Option<Vec<u8>>,
    /// By row, its name.
    pub ids: Option<RowIds>,
}

/// Why rows cannot be removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// Rows that nobody has.
    #[error("there is no row {0} to remove")]
    NoSuchRow(String),
    /// There is nothing to build of.
    #[error("the index does not keep rows as they were given, its grid is the truth: build it of its data")]
    NoOriginals,
}

impl RowGeneration {
    /// The rows in the order of their numbers, without those that `removed` names: by name if rows have names, else by number. Rows
    /// behind them move up.
    ///
    /// # Errors
    ///
    /// If there is no such row, or rows are not kept as they were given.
    pub fn revise(&self, removed: &[String]) -> Result<Revision, RevisionError> {
        let (index, plan) = (self.index(), self.plan().clone());
        if index.grid_is_truth() {
            return Err(RevisionError::NoOriginals);
        }
        let (rows, dimensions) = (index.shape().rows, index.dimensions().len());
        let is_removed = self.removed(removed)?;
        let mut by_row = vec![0.0; rows as usize * dimensions];
        for slot in 0..index.shape().points as usize {
            let values = index.values(slot);
            for row in index.rows_of(slot) {
                by_row[row as usize * dimensions..][..dimensions].copy_from_slice(&values);
            }
        }
        let kept = || (0..rows).filter(|row| !is_removed[*row as usize]);
        let labels = index.label(0).map(|_| kept().filter_map(|row| index.label(row)).collect());
        let mut ids = self.id(0).map(|_| RowIds::default());
        if let Some(ids) = &mut ids {
            kept().for_each(|row| ids.push(self.id(row).unwrap_or_default()));
        }
        let values = if removed.is_empty() {
            by_row
        } else {
            kept().flat_map(|row| &by_row[row as usize * dimensions..][..dimensions]).copied().collect()
        };
        Ok(Revision { plan, values, labels, ids })
    }

    /// By row, whether it is removed.
    fn removed(&self, removed: &[String]) -> Result<Vec<bool>, RevisionError> {
        let rows = self.index().shape().rows;
        let mut is_removed = vec![false; rows as usize];
        if self.id(0).is_none() {
            for number in removed {
                let row = number.parse::<usize>().ok().and_then(|row| is_removed.get_mut(row));
                *row.ok_or_else(|| RevisionError::NoSuchRow(number.clone()))? = true;
            }
            return Ok(is_removed);
        }
        let names: HashSet<&str> = removed.iter().map(String::as_str).collect();
        let mut found = HashSet::new();
        for row in 0..rows {
            if let Some(name) = self.id(row).and_then(|id| names.get(id)) {
                is_removed[row as usize] = true;
                found.insert(*name);
            }
        }
        match removed.iter().find(|name| !found.contains(name.as_str())) {
            Some(name) => Err(RevisionError::NoSuchRow(format!("named `{name}`"))),
            None => Ok(is_removed),
        }
    }
}

impl Revision {
    /// Adds rows that the same plan made, behind the others.
    pub fn add(&mut self, values: &[f32], labels: Option<&[u8]>, ids: Option<&RowIds>) {
        self.values.extend_from_slice(values);
        if let (Some(all), Some(labels)) = (&mut self.labels, labels) {
            all.extend_from_slice(labels);
        }
        if let (Some(all), Some(ids)) = (&mut self.ids, ids) {
            ids.iter().for_each(|id| all.push(id));
        }
    }
}
