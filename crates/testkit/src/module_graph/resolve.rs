//! From a path as written to the module that defines what it names.

use super::source::{Crate, Segments};

/// Longest chain of re-exports that is followed; a longer one must be a loop.
const MAX_REEXPORTS: usize = 16;

/// The module of this crate that defines what `path` names in `user`; `None` for another crate's items and for names
/// that need no path.
pub fn definition(krate: &Crate, user: usize, path: &Segments) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let module = &krate.modules[user];
    match first.as_str() {
        "crate" => descend(krate, 0, rest, MAX_REEXPORTS),
        "self" => descend(krate, user, rest, MAX_REEXPORTS),
        "super" => relative(krate, module.parent?, rest),
        // a child module, or a name that a `use` brought in: the latter is counted where it is imported
        name if module.children.contains_key(name) => descend(krate, user, path, MAX_REEXPORTS),
        _ => None,
    }
}

/// `super::super::…` goes up as often as it is written.
fn relative(krate: &Crate, module: usize, rest: &[String]) -> Option<usize> {
    match rest.split_first() {
        Some((first, rest)) if first == "super" => relative(krate, krate.modules[module].parent?, rest),
        _ => descend(krate, module, rest, MAX_REEXPORTS),
    }
}

/// Follows `path` down from `module`, through child modules and re-exports.
fn descend(krate: &Crate, module: usize, path: &[String], reexports: usize) -> Option<usize> {
    let Some((name, rest)) = path.split_first() else { return Some(module) };
    let here = &krate.modules[module];
    if let Some(&child) = here.children.get(name) {
        return descend(krate, child, rest, reexports);
    }
    if here.items.contains(name) || reexports == 0 {
        return Some(module);
    }
    if let Some(target) = here.imports.get(name) {
        // `None`: the name comes from another crate
        return through(krate, module, target, rest, reexports - 1);
    }
    here.globs.iter().find_map(|target| {
        let defining = through(krate, module, target, path, reexports - 1)?;
        krate.modules[defining].items.contains(name).then_some(defining)
    })
}

/// Where `target` leads when it is written in `module`, and `rest` from there.
fn through(krate: &Crate, module: usize, target: &Segments, rest: &[String], reexports: usize) -> Option<usize> {
    let (first, tail) = target.split_first()?;
    let path: Segments = tail.iter().chain(rest).cloned().collect();
    match first.as_str() {
        "crate" => descend(krate, 0, &path, reexports),
        "self" => descend(krate, module, &path, reexports),
        "super" => descend(krate, krate.modules[module].parent?, &path, reexports),
        name => {
            let &child = krate.modules[module].children.get(name)?;
            descend(krate, child, &path, reexports)
        }
    }
}
