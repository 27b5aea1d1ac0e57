//! An index file read into memory, for the commands that need no shared memory.

use crate::console::advice::Advise;
use anyhow::{Context, Result};
use scoring::Generation;
use std::path::Path;

/// Reads an index file and checks every part of it: the index, and the rules that it carries.
///
/// # Errors
///
/// They name the file and what to do.
pub fn open(path: &Path) -> Result<Generation> {
    let named = path.display();
    let image = std::fs::read(path)
        .with_context(|| format!("cannot read the index {named}"))
        .advise(|| format!("make one with: fraudring index build --references official --out {named}"))?;
    // a kernel that cannot be had is no fault of the file
    let kernel = command_line::kernel()?;
    Generation::open(image, kernel)
        .with_context(|| format!("{named} is no usable index"))
        .advise(|| "build one with: fraudring index build --references FILE|official --out FILE".to_owned())
}
