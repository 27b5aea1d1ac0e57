//! No file of the workspace may use another that uses it back, directly or by way of others.

use std::path::{Path, PathBuf};
use testkit::module_graph::ModuleGraph;

/// Cycles that are allowed: the files, and why they belong together.
const ALLOWED: &[(&[&str], &str)] = &[];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in crates/").to_owned()
}

/// The root files of all crates in the workspace.
fn crate_roots() -> Vec<PathBuf> {
    let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let members = members.split(',').map(|member| member.trim().trim_matches('"')).filter(|name| !name.is_empty());
    members
        .flat_map(|member| ["lib.rs", "main.rs"].map(|root| workspace().join(member).join("src").join(root)))
        .filter(|root| root.is_file())
        .collect()
}

#[test]
fn no_files_use_each_other_in_a_cycle() {
    let roots = crate_roots();
    assert!(roots.len() >= 8, "found only {roots:?}");
    let mut found: Vec<Vec<String>> = Vec::new();
    for root in roots {
        let graph = ModuleGraph::read(&root).unwrap();
        let relative = |file: &&Path| file.strip_prefix(workspace()).unwrap().display().to_string();
        found.extend(graph.cycles().iter().map(|files| files.iter().map(relative).collect()));
    }
    let is_allowed = |cycle: &Vec<String>| ALLOWED.iter().any(|(files, _)| files == cycle);
    let new: Vec<_> = found.iter().filter(|cycle| !is_allowed(cycle)).collect();
    assert!(new.is_empty(), "files that use each other: {new:#?}");
    let gone: Vec<_> = ALLOWED.iter().filter(|(files, _)| !found.iter().any(|cycle| files == cycle)).collect();
    assert!(gone.is_empty(), "no longer a cycle, so take it off the list: {gone:#?}");
}
