//! The program as the container build runs it.

use dataset::ReferenceRecipe;
use schema::Rules;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};

fn build(references: &Path, out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_build-index"));
    command
        .arg("--references")
        .arg(references)
        .arg("--out")
        .arg(out)
        .output()
        .expect("the program is built with this test")
}

#[test]
fn own_references_become_the_image_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = ReferenceRecipe { count: 200, ..ReferenceRecipe::OFFICIAL };
    let references = dataset::generate_references(&recipe, &|_, _, _| {});
    let (file, out) = (folder.path().join("references.json"), folder.path().join("small.index"));
    dataset::write_references(&references, File::create(&file).unwrap(), &|_, _, _| {}).unwrap();
    let output = build(&file, &out);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let wanted = scoring::build(&references.vectors, &references.labels, &Rules::default(), &|_, _, _| {}).unwrap();
    assert_eq!(std::fs::read(&out).unwrap(), wanted);
}

#[test]
fn missing_references_are_named_with_where_they_belong() {
    let folder = tempfile::tempdir().unwrap();
    let output = build(&folder.path().join("mine.json"), &folder.path().join("out"));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(error.contains("mine.json") && error.contains("`references` beside the Dockerfile"), "{error}");
}
