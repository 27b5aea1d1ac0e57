//! An index file read into memory, for the commands that need no shared memory.

use crate::console::advice::Advise;
use anyhow::{Context, Result, bail};
use index::format::CONTAINER_VERSION;
use scoring::{Generation, RowGeneration};
use std::path::Path;

/// Where a header has the version of its format.
const VERSION: std::ops::Range<usize> = 8..12;

/// What an index file holds.
pub enum IndexFile {
    /// References of the contest's kind, with its rules.
    References(Box<Generation>),
    /// Rows, with their schema.
    Rows(Box<RowGeneration>),
}

/// Reads an index file, `-` for stdin, and checks every part of it: the index, and the rules or the schema that it carries.
///
/// # Errors
///
/// They name the file and what to do.
pub fn open_any(path: &Path) -> Result<IndexFile> {
    let named = command_line::input_name(path);
    let image = command_line::read_input(path)
        .with_context(|| format!("cannot read the index {named}"))
        .advise(|| format!("make one with: fraudring index build --references official --out {named}"))?;
    // a kernel that cannot be had is no fault of the file
    let kernel = command_line::kernel()?;
    if image.get(VERSION) == Some(&CONTAINER_VERSION.to_le_bytes()) {
        return RowGeneration::open(image, kernel, &|_, _, _| {})
            .map(|rows| IndexFile::Rows(Box::new(rows)))
            .with_context(|| format!("{named} is no usable index"))
            .advise(|| "build one with: fraudring index build --schema FILE --data FILE --out FILE".to_owned());
    }
    Generation::open(image, kernel)
        .map(|references| IndexFile::References(Box::new(references)))
        .with_context(|| format!("{named} is no usable index"))
        .advise(|| "build one with: fraudring index build --references FILE|official --out FILE".to_owned())
}

/// [`open_any`] for references.
///
/// # Errors
///
/// As [`open_any`]; and if it holds rows.
pub fn open(path: &Path) -> Result<Generation> {
    match open_any(path)? {
        IndexFile::References(references) => Ok(*references),
        IndexFile::Rows(_) => {
            bail!(
                "{} holds rows of a schema of its own, and this command is for references of the contest",
                command_line::input_name(path)
            )
        }
    }
}

/// [`open_any`] for rows.
///
/// # Errors
///
/// As [`open_any`]; and if it holds references.
pub fn open_rows(path: &Path) -> Result<RowGeneration> {
    match open_any(path)? {
        IndexFile::Rows(rows) => Ok(*rows),
        IndexFile::References(_) => bail!(
            "{} holds references of the contest, and this command is for rows of a schema: `fraudring explain` shows the \
             neighbours of a payload",
            command_line::input_name(path)
        ),
    }
}
