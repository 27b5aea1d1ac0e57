//! The module graph on small crates whose uses are known.

use std::path::Path;
use testkit::module_graph::ModuleGraph;

/// Writes a crate of the given files and lists its uses as `a.rs -> b.rs`, and its cycles.
fn read(files: &[(&str, &str)]) -> (Vec<String>, Vec<Vec<String>>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let graph = ModuleGraph::read(&folder.path().join("lib.rs")).unwrap();
    let short = |path: &Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
    let uses = graph.uses().iter().map(|(from, to)| format!("{} -> {}", short(from), short(to))).collect();
    let cycles = graph.cycles().iter().map(|files| files.iter().map(|file| short(file)).collect()).collect();
    (uses, cycles)
}

#[test]
fn imports_types_expressions_and_macros_are_uses() {
    let (uses, cycles) = read(&[
        ("lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
        ("a.rs", "use crate::b::B; fn f() -> crate::c::C { crate::d::d() } fn g() { assert!(crate::e::E > 0) }"),
        ("b.rs", "pub struct B;"),
        ("c.rs", "pub struct C;"),
        ("d.rs", "pub fn d() -> super::c::C { super::c::C }"),
        ("e.rs", "pub const E: u8 = 1;"),
    ]);
    assert_eq!(uses, ["a.rs -> b.rs", "a.rs -> c.rs", "a.rs -> d.rs", "a.rs -> e.rs", "d.rs -> c.rs"]);
    assert!(cycles.is_empty());
}

#[test]
fn re_exports_lead_to_the_definition() {
    let (uses, cycles) = read(&[
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::*;"),
        ("a.rs", "pub struct A; use crate::B;"),
        ("b.rs", "mod inner; pub use inner::B;"),
        ("b/inner.rs", "pub struct B;"),
    ]);
    assert_eq!(uses, ["a.rs -> b/inner.rs"]);
    assert!(cycles.is_empty());
}

#[test]
fn a_cycle_is_found_with_all_its_files() {
    let (_, cycles) = read(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use super::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; use crate::d::D; pub struct C;"),
        ("d.rs", "pub struct D;"),
    ]);
    assert_eq!(cycles, [["a.rs", "b.rs", "c.rs"]]);
}

#[test]
fn a_parent_and_its_child_may_form_a_cycle() {
    let (_, cycles) = read(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod child; pub struct A; pub fn f() { child::g() }"),
        ("a/child.rs", "use super::A; pub fn g() {}"),
    ]);
    assert_eq!(cycles, [["a/child.rs", "a/mod.rs"]]);
}

#[test]
fn code_for_tests_is_left_out() {
    let (uses, _) = read(&[
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod missing_in_this_crate;"),
        ("a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"),
        ("b.rs", "pub struct B; use crate::a::A;"),
    ]);
    assert_eq!(uses, ["b.rs -> a.rs"]);
}
