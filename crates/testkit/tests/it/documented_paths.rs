//! Files that the documents name exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What ends the names of files that are this workspace's own, also where no folder is named.
const SOURCE_ENDINGS: &[&str] = &[".rs", ".py", ".toml", ".yml", ".cfg", ".md"];

/// Folders that are not part of the workspace, or too large to be named file by file.
const LEFT_OUT: &[&str] = &[".git", "target", "fuzz/corpus"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in crates/").to_owned()
}

/// Every file and folder below `folder`, relative to the workspace.
fn collect(folder: &Path, paths: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let relative = path.strip_prefix(workspace()).unwrap().display().to_string();
        if LEFT_OUT.contains(&relative.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, paths);
        }
        paths.insert(relative);
    }
}

fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(workspace().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let named = ["README.md", "CHANGELOG.md", "benchmarks/README.md"].map(|name| workspace().join(name));
    docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")).chain(named).collect()
}

/// What a line has in backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The targets of a line's links that lead to files.
fn linked(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://")).map(|target| target.split('#').next().unwrap_or(target))
}

/// Whether `text` would be a file or folder of the workspace. A name in capitals stands for any (`record/NAME.json`).
fn is_path(text: &str, paths: &BTreeSet<String>) -> bool {
    let plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "./_-".contains(letter));
    let names_itself = text.split('/').any(|part| part.starts_with("NAME"));
    let top = text.split_once('/').is_some_and(|(top, _)| paths.contains(top));
    let ending = SOURCE_ENDINGS.iter().any(|ending| text.len() > ending.len() && text.ends_with(ending));
    plain && !names_itself && !text.starts_with('/') && (top || ending)
}

/// A path from the workspace's root, or the end of one (`walk.rs`, `search/walk.rs`).
fn exists(text: &str, paths: &BTreeSet<String>) -> bool {
    let name = text.trim_end_matches('/');
    paths.contains(name) || paths.iter().any(|path| path.strip_suffix(name).is_some_and(|start| start.ends_with('/')))
}

#[test]
fn files_that_documents_name_exist() {
    let mut paths = BTreeSet::new();
    collect(&workspace(), &mut paths);
    let (mut missing, mut seen) = (Vec::new(), 0);
    for document in documents() {
        let folder = document.parent().unwrap();
        let text = std::fs::read_to_string(&document).unwrap();
        for (number, line) in text.lines().enumerate() {
            let absent = quoted(line).filter(|text| is_path(text, &paths)).inspect(|_| seen += 1);
            let absent: Vec<&str> = absent.filter(|text| !exists(text, &paths)).collect();
            let dead = linked(line).filter(|target| !target.is_empty() && !folder.join(target).exists());
            let place = format!("{}:{}", document.strip_prefix(workspace()).unwrap().display(), number + 1);
            missing.extend(absent.into_iter().chain(dead).map(|text| format!("{place}: {text}")));
        }
    }
    assert!(seen > 50, "only {seen} paths were found in the documents");
    assert!(missing.is_empty(), "documents name files that do not exist:\n{}", missing.join("\n"));
}

#[test]
fn paths_are_told_from_other_text() {
    let paths = BTreeSet::from(["crates", "crates/http", "crates/http/src/head.rs"].map(str::to_owned));
    for text in ["crates/http/", "crates/gone", "head.rs", "gone.rs", "src/head.rs"] {
        assert!(is_path(text, &paths), "{text}");
    }
    for text in ["index build", "application/problem+json", "/dev/shm", "record/NAME.json", "http/1.1", ".rs"] {
        assert!(!is_path(text, &paths), "{text}");
    }
    assert!(["crates/http/", "head.rs", "src/head.rs"].iter().all(|text| exists(text, &paths)));
    assert!(!["crates/gone", "ead.rs", "gone.rs"].iter().any(|text| exists(text, &paths)));
}
