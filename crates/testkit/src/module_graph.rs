//! Which file of a crate uses which, read from its source, and the cycles among them.
//!
//! A file uses another if a path in it (in a `use`, a type, an expression or a macro's tokens) leads to an item that the
//! other defines. Re-exports are followed to the definition; declaring or re-exporting a module is no use of it. Code
//! for tests only is left out.

mod resolve;
mod source;

use anyhow::{Context, Result};
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use source::Crate;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files of one crate and which uses which.
pub struct ModuleGraph {
    files: Vec<PathBuf>,
    uses: DiGraphMap<usize, ()>,
}

impl ModuleGraph {
    /// Reads the crate whose root is `root` (its `lib.rs` or `main.rs`) and all modules declared below it.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, or a declared module without a file.
    pub fn read(root: &Path) -> Result<Self> {
        let krate = Crate::read(root).with_context(|| format!("reading the crate at {}", root.display()))?;
        let mut uses = DiGraphMap::new();
        for (user, path) in krate.paths() {
            let from = krate.modules[user].file;
            uses.add_node(from);
            if let Some(used) = resolve::definition(&krate, user, path) {
                let to = krate.modules[used].file;
                if from != to {
                    uses.add_edge(from, to, ());
                }
            }
        }
        Ok(Self { files: krate.files, uses })
    }

    /// The files, in the order in which they are declared.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Pairs of a file and a file that it uses.
    pub fn uses(&self) -> BTreeSet<(&Path, &Path)> {
        self.uses.all_edges().map(|(from, to, ())| (&*self.files[from], &*self.files[to])).collect()
    }

    /// Sets of two or more files that all reach each other, each sorted.
    pub fn cycles(&self) -> Vec<Vec<&Path>> {
        let mut cycles: Vec<_> = tarjan_scc(&self.uses)
            .into_iter()
            .filter(|component| component.len() > 1)
            .map(|component| {
                let mut files: Vec<_> = component.into_iter().map(|file| &*self.files[file]).collect();
                files.sort();
                files
            })
            .collect();
        cycles.sort();
        cycles
    }
}
