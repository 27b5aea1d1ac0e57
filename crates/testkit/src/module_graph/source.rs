//! A crate's modules as its files declare them.

use anyhow::{Context, Result, bail};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::Visit;
use syn::{Attribute, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// Segments of a path as written, such as `["crate", "limits", "Limits"]`.
pub type Segments = Vec<String>;

/// All modules of a crate; the first one is its root.
pub struct Crate {
    pub files: Vec<PathBuf>,
    pub modules: Vec<Module>,
}

/// One module, in a file of its own or inline.
#[derive(Default)]
pub struct Module {
    pub file: usize,
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    /// Names brought in by `use`: name to path as written.
    pub imports: BTreeMap<String, Segments>,
    /// Paths of `use …::*`.
    pub globs: Vec<Segments>,
    /// Names of items defined here.
    pub items: BTreeSet<String>,
    /// Paths that are used here; imports that are public are not.
    pub paths: Vec<Segments>,
}

impl Crate {
    pub fn read(root: &Path) -> Result<Self> {
        let mut krate = Self { files: Vec::new(), modules: Vec::new() };
        let folder = root.parent().context("a crate's root has a folder")?;
        krate.read_file(root, folder, None)?;
        Ok(krate)
    }

    /// Each path that is used, with the module it stands in.
    pub fn paths(&self) -> impl Iterator<Item = (usize, &Segments)> {
        self.modules.iter().enumerate().flat_map(|(number, module)| module.paths.iter().map(move |path| (number, path)))
    }

    /// Reads a file as one module; files of its children lie in `folder`.
    fn read_file(&mut self, file: &Path, folder: &Path, parent: Option<usize>) -> Result<usize> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        self.files.push(file.to_owned());
        let module = self.add(self.files.len() - 1, parent);
        self.read_items(module, &parsed.items, folder)?;
        Ok(module)
    }

    fn add(&mut self, file: usize, parent: Option<usize>) -> usize {
        self.modules.push(Module { file, parent, ..Module::default() });
        self.modules.len() - 1
    }

    fn read_items(&mut self, module: usize, items: &[Item], folder: &Path) -> Result<()> {
        for item in items {
            match item {
                Item::Mod(child) if !is_for_tests(&child.attrs) => self.read_child(module, child, folder)?,
                Item::Use(import) if !is_for_tests(&import.attrs) => self.read_import(module, import),
                _ => {
                    self.modules[module].items.extend(name(item));
                    Paths(&mut self.modules[module].paths).visit_item(item);
                }
            }
        }
        Ok(())
    }

    fn read_child(&mut self, parent: usize, child: &ItemMod, folder: &Path) -> Result<()> {
        let name = child.ident.to_string();
        let below = folder.join(&name);
        let number = match &child.content {
            Some((_, items)) => {
                let number = self.add(self.modules[parent].file, Some(parent));
                self.read_items(number, items, &below)?;
                number
            }
            None => {
                let candidates = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
                let Some(file) = candidates.iter().find(|file| file.is_file()) else {
                    bail!("no file for module {name} in {}", folder.display())
                };
                self.read_file(file, &below, Some(parent))?
            }
        };
        self.modules[parent].children.insert(name, number);
        Ok(())
    }

    fn read_import(&mut self, module: usize, import: &ItemUse) {
        let mut leaves = Vec::new();
        flatten(&import.tree, &mut Vec::new(), &mut leaves);
        let module = &mut self.modules[module];
        for (name, path) in leaves {
            if matches!(import.vis, Visibility::Inherited) {
                module.paths.push(path.clone());
            }
            match name {
                Some(name) => drop(module.imports.insert(name, path)),
                None => module.globs.push(path),
            }
        }
    }
}

/// `a::{b as c, d::*}` becomes `c: a::b` and a glob `a::d`.
fn flatten(tree: &UseTree, prefix: &mut Segments, leaves: &mut Vec<(Option<String>, Segments)>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Name(name) if name.ident == "self" => leaves.push((prefix.last().cloned(), prefix.clone())),
        UseTree::Name(name) => leaves.push((Some(name.ident.to_string()), joined(prefix, &name.ident))),
        UseTree::Rename(rename) => leaves.push((Some(rename.rename.to_string()), joined(prefix, &rename.ident))),
        UseTree::Glob(_) => leaves.push((None, prefix.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix, leaves)),
    }
}

fn joined(prefix: &Segments, last: &syn::Ident) -> Segments {
    prefix.iter().cloned().chain([last.to_string()]).collect()
}

/// The name that an item gives to its module; blocks of methods give none.
fn name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// `#[cfg(test)]`, `#[cfg(any(fuzzing, test))]`; not `#[cfg(not(test))]`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string();
        list.path.is_ident("cfg") && condition.contains("test") && !condition.contains("not")
    })
}

/// Collects paths that are written in an item, those in the tokens of macros included.
struct Paths<'a>(&'a mut Vec<Segments>);

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // a `use` inside a function
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        self.0.extend(leaves.into_iter().map(|(_, path)| path));
    }

    // `pub(crate)` names the root and uses nothing of it
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        syn::visit::visit_macro(self, item);
        paths_in_tokens(item.tokens.clone(), self.0);
    }
}

/// Runs of `name :: name :: …`; a `$` before `crate` is passed over.
fn paths_in_tokens(tokens: TokenStream, paths: &mut Vec<Segments>) {
    let mut path = Segments::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 {
                    finish(&mut path, paths);
                }
                path.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                finish(&mut path, paths);
                colons = 0;
                paths_in_tokens(group.stream(), paths);
            }
            _ => {
                finish(&mut path, paths);
                colons = 0;
            }
        }
    }
    finish(&mut path, paths);
}

fn finish(path: &mut Segments, paths: &mut Vec<Segments>) {
    if path.len() > 1 {
        paths.push(std::mem::take(path));
    } else {
        path.clear();
    }
}
