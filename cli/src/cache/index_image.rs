//! An index file read into memory, for the commands that need no shared memory.

use crate::console::advice::Advise;
use anyhow::{Context, Result, bail};
use scoring::{AnyGeneration, Generation, ImageError, RowGeneration};
use std::path::Path;
use std::sync::Arc;

/// Reads an index file, `-` for stdin, and checks every part of it: the index, and the rules or the schema that it carries.
///
/// # Errors
///
/// They name the file and what to do.
pub fn open_any(path: &Path) -> Result<AnyGeneration> {
    let named = command_line::input_name(path);
    let image = command_line::read_input(path)
        .with_context(|| format!("cannot read the index {named}"))
        .advise(|| format!("make one with: fraudring index build --references official --out {named}"))?;
    // a kernel that cannot be had is no fault of the file
    let kernel = command_line::kernel()?;
    let opened = AnyGeneration::open(image, kernel, &|_, _, _| {});
    let source = match &opened {
        Err(ImageError::Rows(_)) => "--schema FILE --data FILE",
        _ => "--references FILE|official",
    };
    opened
        .with_context(|| format!("{named} is no usable index"))
        .advise(|| format!("build one with: fraudring index build {source} --out FILE"))
}

/// [`open_any`] for references.
///
/// # Errors
///
/// As [`open_any`]; and if it holds rows.
pub fn open(path: &Path) -> Result<Generation> {
    match open_any(path)? {
        AnyGeneration::References(references) => {
            Ok(Arc::into_inner(references).expect("it was just opened, so nobody else holds it"))
        }
        AnyGeneration::Rows(_) => {
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
pub fn open_rows(path: &Path) -> Result<Arc<RowGeneration>> {
    match open_any(path)? {
        AnyGeneration::Rows(rows) => Ok(rows),
        AnyGeneration::References(_) => bail!(
            "{} holds references of the contest, and this command is for rows of a schema: `fraudring explain` shows the \
             neighbours of a payload",
            command_line::input_name(path)
        ),
    }
}
