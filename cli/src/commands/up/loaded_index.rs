//! The index in shared memory, for as long as `up` runs.

use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use scoring::AnyGeneration;
use shm_loader::{IndexFile, LoadError, Options, Published, Segment};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long readers of an index that was replaced before may take to end.
const LEAVING: Duration = Duration::from_secs(10);

/// A loaded index; dropping it removes it again unless it is to be kept.
pub struct LoadedIndex {
    folder: PathBuf,
    published: Published,
    keep: bool,
}

impl LoadedIndex {
    /// Loads `file` into `folder`.
    pub fn load(file: &IndexFile, folder: &Path, keep: bool, reporter: &Reporter) -> Result<Self> {
        // servers of an `up` that was killed may be about to end
        let how = Options { wait: LEAVING, ..Options::default() };
        let report = |phase: &'static str, done, total| reporter.report(phase, done, total);
        let published = shm_loader::load_with(file, folder, &how, &report)
            .with_context(|| format!("cannot load the index into {}", folder.display()))?;
        if let Some(warning) = published.disk_warning() {
            reporter.note(&warning);
        }
        Ok(Self { folder: folder.to_owned(), published, keep })
    }

    /// Loads an index that is kept in the data folder; has it built anew if the loader finds it damaged.
    pub fn load_kept(
        file: &IndexFile,
        folder: &Path,
        keep: bool,
        reporter: &Reporter,
        build_anew: impl FnOnce(&anyhow::Error) -> Result<()>,
    ) -> Result<Self> {
        let load = || Self::load(file, folder, keep, reporter);
        load().or_else(|error| match error.downcast_ref() {
            Some(LoadError::Invalid { .. }) => {
                build_anew(&error)?;
                load()
            }
            _ => Err(error),
        })
    }

    /// A payload that its schema takes, if it holds rows.
    pub fn example_payload(&self) -> Result<Option<String>> {
        if self.published.contents.schema().is_none() {
            return Ok(None);
        }
        let segment = Segment::attach(&self.folder)?;
        Ok(match AnyGeneration::open_verified(segment, command_line::kernel()?)? {
            AnyGeneration::References(_) => None,
            AnyGeneration::Rows(rows) => Some(rows.plan().example_payload()),
        })
    }

    /// What was loaded.
    pub fn published(&self) -> &Published {
        &self.published
    }
}

impl Drop for LoadedIndex {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        if let Err(error) = shm_loader::unload(&self.folder) {
            let error = anyhow::Error::new(error);
            command_line::message(&format!(
                "fraudring: the index stays in shared memory: {error:#}; remove it with: fraudring shm unload --shm-dir {}",
                self.folder.display()
            ));
        }
    }
}
