//! Prints which file of a crate uses which, and the cycles: `cargo run -p testkit --example module_graph -- index/src/lib.rs`

use anyhow::Context;
use testkit::module_graph::ModuleGraph;

fn main() -> anyhow::Result<()> {
    let root = std::env::args_os().nth(1).context("name a crate's root, such as index/src/lib.rs")?;
    let graph = ModuleGraph::read(root.as_ref())?;
    for (from, to) in graph.uses() {
        println!("{} -> {}", from.display(), to.display());
    }
    for cycle in graph.cycles() {
        println!("cycle: {cycle:?}");
    }
    Ok(())
}
