//! An index file read into memory, for the commands that need no shared memory.

use crate::console::advice::Advise;
use anyhow::{Context, Result};
use index::{Index, InstructionSet, RuleSections};
use schema::Rules;
use std::path::Path;

/// The bytes of an index file.
pub struct Image {
    bytes: Vec<u8>,
}

impl Image {
    /// Reads a whole index file; `open` validates it.
    pub fn read(path: &Path) -> Result<Self> {
        let named = path.display();
        let bytes = std::fs::read(path)
            .with_context(|| format!("cannot read the index {named}"))
            .advise(|| format!("make one with: fraudring index build --references official --out {named}"))?;
        Ok(Self { bytes })
    }

    /// Checks every part: the index, and the rules that it carries.
    pub fn open(&self, kernel: InstructionSet) -> Result<(Index<'_>, Rules)> {
        let index = Index::open_with(&self.bytes, kernel)?;
        let RuleSections { normalization, mcc_risk } = index.rule_sections();
        let rules = Rules::decode(normalization, mcc_risk)?;
        Ok((index, rules))
    }

    /// `open` with the kernel that this machine is to use, and an error that names the file and what to do.
    pub fn open_named(&self, path: &Path) -> Result<(Index<'_>, Rules)> {
        // a kernel that cannot be had is no fault of the file
        let kernel = command_line::kernel()?;
        let named = path.display();
        self.open(kernel)
            .with_context(|| format!("{named} is no usable index"))
            .advise(|| "build one with: fraudring index build --references FILE|official --out FILE".to_owned())
    }
}
