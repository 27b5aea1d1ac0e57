//! Errors of files that users give.

use crate::console::advice::Advise;
use anyhow::{Context, Result};
use dataset::DataError;
use std::path::Path;

/// What was read from a file, or an error that names it and, if its content is to blame, where its shape is described.
pub fn usable<T>(read: Result<T, DataError>, path: &Path, otherwise: &str) -> Result<T> {
    use DataError::{Payload, Reference, Shape};
    let is_content = matches!(read, Err(Reference { .. } | Payload { .. } | Shape { .. }));
    let read = read.with_context(|| format!("{} {otherwise}", command_line::input_name(path)));
    if is_content { read.advise(|| "docs/DATA.md describes the shape of such a file".to_owned()) } else { read }
}
