//! The fields that a schema reads, as a list and as the tree of keys that leads to them in a payload.

use crate::schema_file::{DimensionSpec, List, SchemaFile, Source};
use crate::value::Kind;

/// A field of a payload or a column of a table that a dimension is computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its dotted path in a payload, its name in a table.
    pub path: Box<str>,
    /// What it must hold.
    pub kind: Kind,
    /// Whether it must be there; if not, the dimensions that use it have a default.
    pub required: bool,
}

/// The keys of a payload, an object before its content: the document itself is the first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldTree {
    pub(crate) fields: Vec<FieldSpec>,
    pub(crate) nodes: Vec<Node>,
    /// The bits of the nodes that must be there.
    must: u128,
}

/// A key that leads to a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) path: Box<str>,
    /// The last part of the path.
    pub(crate) key: Box<str>,
    /// Behind the last node in it; the next one beside it.
    pub(crate) end: usize,
    pub(crate) target: Target,
    /// Whether it must be there, if its object is.
    pub(crate) must: bool,
    /// Whether it may be null.
    pub(crate) may_be_null: bool,
}

/// What is under a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// The text that names the payload.
    Id,
    /// The field of this number.
    Field(usize),
    /// Keys.
    Object,
}

/// The most nodes of a tree: those that were met are bits of a number.
pub(crate) const MAX_NODES: usize = 128;

/// Why paths make no tree.
#[derive(Debug, PartialEq)]
pub(crate) struct TreeError {
    /// The dimension at fault, counted from 0; `None`: what the schema says of payloads.
    pub(crate) dimension: Option<usize>,
    pub(crate) message: String,
}

fn of_payload<T>(message: String) -> Result<T, TreeError> {
    Err(TreeError { dimension: None, message })
}

impl FieldTree {
    /// The tree of the paths in `schema`.
    pub(crate) fn of(schema: &SchemaFile) -> Result<Self, TreeError> {
        let (fields, id) = (fields(schema)?, schema.payload().id.as_deref());
        let mut root = Branch::new("", "", Content::Object);
        for (path, content) in in_order(&fields, schema)? {
            root.insert(path, content, 0).or_else(of_payload)?;
        }
        debug_assert!(id.is_none() || fields.iter().all(|field| Some(&*field.path) != id));
        let mut tree = Self { fields: Vec::new(), nodes: Vec::new(), must: 0 };
        tree.add(&root, &fields, false, &schema.payload().nullable);
        if tree.nodes.len() > MAX_NODES {
            let message =
                format!("{} fields and objects that they lie in, at most {}", tree.nodes.len() - 1, MAX_NODES - 1);
            return of_payload(message);
        }
        tree.check_nullable(schema)?;
        let musts = tree.nodes.iter().enumerate().filter(|(_, node)| node.must);
        tree.must = musts.fold(0, |bits, (number, _)| bits | 1 << number);
        Ok(tree)
    }

    /// Adds `branch` and what is in it; whether one of them must be there.
    fn add(&mut self, branch: &Branch<'_>, fields: &[FieldSpec], in_nullable: bool, nullable: &[String]) -> bool {
        let at = self.nodes.len();
        let is_nullable = nullable.iter().any(|path| **path == *branch.path);
        let target = match branch.content {
            Content::Object => Target::Object,
            Content::Id => Target::Id,
            Content::Field(_) => Target::Field(self.fields.len()),
        };
        let (path, key) = (branch.path.into(), branch.key.into());
        self.nodes.push(Node { path, key, end: at, target, must: false, may_be_null: false });
        let must = match branch.content {
            Content::Object => {
                let content = branch.branches.iter();
                let add = |branch| self.add(branch, fields, in_nullable || is_nullable, nullable);
                content.map(add).fold(is_nullable, |must, one| must | one)
            }
            Content::Id => true,
            Content::Field(number) => {
                self.fields.push(fields[number].clone());
                fields[number].required || in_nullable
            }
        };
        let end = self.nodes.len();
        let node = &mut self.nodes[at];
        (node.end, node.must, node.may_be_null) = (end, must, is_nullable || !must);
        must
    }

    /// The node in `parent` whose key is `key`; most likely it is `expected`, which is one of those in `parent`.
    #[inline]
    pub(crate) fn child(&self, parent: usize, expected: usize, key: &str) -> Option<usize> {
        let end = self.nodes[parent].end;
        if expected < end && *self.nodes[expected].key == *key {
            return Some(expected);
        }
        let mut node = parent + 1;
        while node < end {
            if *self.nodes[node].key == *key {
                return Some(node);
            }
            node = self.nodes[node].end;
        }
        None
    }

    /// The path of the node that `keys` lead to.
    pub(crate) fn find(&self, keys: &[&str]) -> Option<&str> {
        let node = keys.iter().try_fold(0, |parent, key| self.child(parent, parent + 1, key))?;
        Some(&self.nodes[node].path)
    }

    /// The bits of the nodes that lie in `node`.
    pub(crate) fn subtree(&self, node: usize) -> u128 {
        (node + 1..self.nodes[node].end).fold(0, |bits, node| bits | 1 << node)
    }

    /// The path of the first node that must be there, and whose bit is not set in `seen`; an object is reported before
    /// its content.
    pub(crate) fn first_missing(&self, seen: u128) -> Option<&str> {
        let missing = self.must & !seen;
        (missing != 0).then(|| &*self.nodes[missing.trailing_zeros() as usize].path)
    }

    fn check_nullable(&self, schema: &SchemaFile) -> Result<(), TreeError> {
        for path in &schema.payload().nullable {
            let Some(at) = self.nodes.iter().position(|node| *node.path == **path && node.target == Target::Object)
            else {
                return of_payload(format!("`nullable` names `{path}`, in which no field lies"));
            };
            for node in &self.nodes[at + 1..self.nodes[at].end] {
                let uses = |dimension: &DimensionSpec| dimension.uses().iter().any(|(used, _)| **used == *node.path);
                let needs = |dimension: &DimensionSpec| dimension.default.is_none() && uses(dimension);
                if let Some(dimension) = schema.dimensions().iter().position(needs) {
                    let name = &schema.dimensions()[dimension].name;
                    let message = format!("dimension `{name}`: `default` is missing, as `{path}` may be null");
                    return Err(TreeError { dimension: Some(dimension), message });
                }
                if node.target == Target::Id {
                    return of_payload(format!("`id` lies in `{path}`, which may be null"));
                }
            }
        }
        Ok(())
    }
}

/// The fields of the dimensions, each once, in the order in which they are met.
fn fields(schema: &SchemaFile) -> Result<Vec<FieldSpec>, TreeError> {
    let mut fields: Vec<FieldSpec> = Vec::new();
    for (number, dimension) in schema.dimensions().iter().enumerate() {
        let required = dimension.default.is_none();
        for (path, kind) in dimension.uses() {
            let refuse = |what: &str| {
                let message = format!("dimension `{}`: `{path}` is {} here, but {what}", dimension.name, noun(kind));
                Err(TreeError { dimension: Some(number), message })
            };
            if schema.payload().id.as_deref() == Some(path) {
                return refuse("the payload's id too");
            }
            match fields.iter_mut().find(|field| *field.path == *path) {
                Some(field) if field.kind == kind => field.required |= required,
                Some(field) => return refuse(&format!("{} in a dimension before", noun(field.kind))),
                None => fields.push(FieldSpec { path: path.into(), kind, required }),
            }
        }
    }
    Ok(fields)
}

/// What a field of this kind holds.
fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "a number",
        Kind::Flag => "a flag",
        Kind::Text => "a text",
        Kind::Time => "a time",
        Kind::Texts => "a list of texts",
    }
}

/// All paths, in the order that the schema asks for.
fn in_order<'s>(fields: &'s [FieldSpec], schema: &'s SchemaFile) -> Result<Vec<(&'s str, Content)>, TreeError> {
    let id = schema.payload().id.iter().map(|id| (&**id, Content::Id));
    let number = |(number, field): (usize, &'s FieldSpec)| (&*field.path, Content::Field(number));
    let mut all: Vec<_> = id.chain(fields.iter().enumerate().map(number)).collect();
    let order = &schema.payload().order;
    if order.is_empty() {
        return Ok(all);
    }
    let place = |path: &str| order.iter().position(|ordered| *ordered == path);
    if let Some((path, _)) = all.iter().find(|(path, _)| place(path).is_none()) {
        return of_payload(format!("`order` leaves out `{path}`"));
    }
    if let Some(path) = order.iter().find(|path| all.iter().all(|(known, _)| known != path)) {
        return of_payload(format!("`order` names `{path}`, which no dimension uses"));
    }
    all.sort_by_key(|(path, _)| place(path));
    Ok(all)
}

/// A tree that grows.
struct Branch<'s> {
    path: &'s str,
    key: &'s str,
    content: Content,
    branches: Vec<Branch<'s>>,
}

/// What a branch is for; the number of a field is its place in the list that the tree is made from.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    Object,
    Id,
    Field(usize),
}

impl<'s> Branch<'s> {
    fn new(path: &'s str, key: &'s str, content: Content) -> Self {
        Self { path, key, content, branches: Vec::new() }
    }

    /// Inserts the field of `path`, of which the first `start` bytes lead to this branch.
    fn insert(&mut self, path: &'s str, content: Content, start: usize) -> Result<(), String> {
        if self.content != Content::Object {
            return Err(format!("`{}` holds a value, so there is no `{path}`", self.path));
        }
        let key = path[start..].split('.').next().unwrap_or_default();
        let (end, is_last) = (start + key.len(), start + key.len() == path.len());
        let found = match self.branches.iter().position(|branch| branch.key == key) {
            Some(_) if is_last => return Err(format!("`{path}` holds keys, so it is no field")),
            Some(at) => at,
            None => {
                let content = if is_last { content } else { Content::Object };
                self.branches.push(Branch::new(&path[..end], key, content));
                self.branches.len() - 1
            }
        };
        if is_last { Ok(()) } else { self.branches[found].insert(path, content, end + 1) }
    }
}

impl DimensionSpec {
    /// The paths that it is computed from, and what each holds.
    pub(crate) fn uses(&self) -> Vec<(&str, Kind)> {
        match &self.source {
            Source::Number(path) => vec![(path, Kind::Number)],
            Source::Flag { path, .. } => vec![(path, Kind::Flag)],
            Source::Ratio { numerator, divisor, .. } => vec![(numerator, Kind::Number), (divisor, Kind::Number)],
            Source::Hour(path) | Source::Weekday(path) => vec![(path, Kind::Time)],
            Source::Minutes { from, to } => vec![(from, Kind::Time), (to, Kind::Time)],
            Source::Lookup { path, .. } => vec![(path, Kind::Text)],
            Source::Member { path, list: List::Field(list), .. } => vec![(path, Kind::Text), (list, Kind::Texts)],
            Source::Member { path, list: List::Texts(_), .. } => vec![(path, Kind::Text)],
        }
    }
}
