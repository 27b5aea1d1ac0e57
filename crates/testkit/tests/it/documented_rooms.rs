//! The table of rooms in `docs/ARCHITECTURE.md` says what the manifests say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in crates/").to_owned()
}

/// Rows of the table: what is quoted first in each row, and what is quoted in its third column.
fn rooms(document: &str) -> Vec<(String, BTreeSet<String>)> {
    let (_, table) = document.split_once("| room | is | depends on |").expect("there is a table of rooms");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let columns: Vec<&str> = row.split('|').collect();
        let quoted = |column: &str| column.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        (quoted(columns[1]).remove(0), quoted(columns[3]).into_iter().collect())
    })
    .collect()
}

/// The crates of the workspace that a manifest depends on outside its tests, with all its features.
fn dependencies(manifest: &str, names: &BTreeSet<String>) -> BTreeSet<String> {
    let Some((_, rest)) = manifest.split_once("[dependencies]\n") else { return BTreeSet::new() };
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let crates = lines.filter_map(|line| line.split(['.', ' ', '=']).next()).map(str::to_owned);
    // what only a simulator for tests needs is no part of a room
    crates.filter(|dependency| names.contains(dependency) && dependency != "testkit").collect()
}

fn name(folder: &str) -> String {
    folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn the_table_of_rooms_is_what_the_manifests_say() {
    let rooms = rooms(&std::fs::read_to_string(workspace().join("docs/ARCHITECTURE.md")).unwrap());
    let names: BTreeSet<String> = rooms.iter().map(|(folder, _)| name(folder)).collect();
    let mut above = BTreeSet::new();
    for (folder, documented) in &rooms {
        // the crate that lies in `deploy/` has a folder of its own there
        let path = if folder == "deploy/" { "deploy/build-index" } else { folder };
        let manifest = std::fs::read_to_string(workspace().join(path).join("Cargo.toml")).unwrap();
        assert_eq!(*documented, dependencies(&manifest, &names), "{folder}");
        assert!(documented.is_subset(&above), "{folder} depends on a room that is further down");
        above.insert(name(folder));
    }
}

#[test]
fn every_crate_is_a_room() {
    let rooms = rooms(&std::fs::read_to_string(workspace().join("docs/ARCHITECTURE.md")).unwrap());
    let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    for member in members.split('"').skip(1).step_by(2) {
        let is_room = rooms.iter().any(|(folder, _)| member.starts_with(folder.trim_end_matches('/')));
        assert!(is_room, "{member} is not in the table of rooms");
    }
}
