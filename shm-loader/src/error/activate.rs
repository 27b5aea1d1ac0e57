//! Activations that failed.

use super::LoadError;
use crate::program::load_command;
use scoring::ImageError;
use std::path::{Path, PathBuf};

/// Why a generation was not made current.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// It was not kept, or there never was such a one.
    #[error("{}", gone(path, *number, existing))]
    Gone {
        /// The folder asked for.
        path: PathBuf,
        /// The number asked for.
        number: u64,
        /// Numbers that there are, the current one included.
        existing: Vec<u64>,
    },
    /// Somebody changed it since it was loaded.
    #[error("generation {number} ({}) is not sound any more: load it anew", path.display())]
    Invalid {
        /// Its path.
        path: PathBuf,
        /// The number asked for.
        number: u64,
        /// What is wrong.
        source: ImageError,
    },
    /// As a load fails.
    #[error(transparent)]
    Load(#[from] LoadError),
}

fn gone(path: &Path, number: u64, existing: &[u64]) -> String {
    let there = existing.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let there = if there.is_empty() { "none".to_owned() } else { there };
    let load = load_command(path);
    format!(
        "generation {number} is gone in {} (there: {there}): run `{load}`, with `--keep N` from then on",
        path.display()
    )
}
