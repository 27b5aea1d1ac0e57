//! `docs/DEPENDENCIES.md` has a row for every dependency of the workspace, and for nothing else.

use std::collections::BTreeMap;

#[test]
fn every_dependency_is_documented_with_its_version() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
    let declared = declared(&read("Cargo.toml"));
    assert!(declared.len() > 30, "the workspace has dependencies");
    assert_eq!(documented(&read("docs/DEPENDENCIES.md")), declared, "left: docs/DEPENDENCIES.md, right: Cargo.toml");
}

/// Name and version of what `[workspace.dependencies]` takes from the registry.
fn declared(manifest: &str) -> BTreeMap<String, String> {
    let (_, table) = manifest.split_once("\n[workspace.dependencies]\n").expect("the manifest has dependencies");
    let lines = table.lines().take_while(|line| !line.starts_with('['));
    let entries = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let foreign = entries.filter(|(_, value)| !value.contains("path = "));
    foreign.map(|(name, value)| (name.to_owned(), first_quoted(value).to_owned())).collect()
}

/// A version stands alone, or is the first value of a table.
fn first_quoted(value: &str) -> &str {
    value.split('"').nth(1).expect("a dependency has a version")
}

/// The first two columns of every row that begins with a name in backticks.
fn documented(page: &str) -> BTreeMap<String, String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(name, rest)| (name.to_owned(), rest.split(" |").next().unwrap_or_default().to_owned())).collect()
}

#[test]
fn versions_stand_alone_or_come_first() {
    let manifest = "\n[workspace.dependencies]\nown = { path = \"own\" }\n# why\na = \"1\"\nb = { version = \"=0.2\", features = [\"c\"] }\n\n[x]\nd = \"4\"\n";
    let page = "| crate | version |\n|---|---|\n| `a` | 1 | what |\n| `b` | =0.2 | what |\n";
    assert_eq!(declared(manifest), documented(page));
    assert_eq!(declared(manifest).len(), 2);
}
