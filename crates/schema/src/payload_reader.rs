//! From the bytes of a JSON body to the values of a plan's fields.

use std::mem;

use simd_json::{Node, StaticNode};

use crate::error::{Expected, PayloadError};
use crate::field_tree::{FieldTree, Target};
use crate::found::{Found, ListRange};
use crate::json::{Json, Reading};
use crate::plan::{Plan, VectorError};
use crate::repeats::{WIDTH_OF_TWO_PAIRS, Width};
use crate::value::{Kind, Value};

/// The text of an element of a list, and the comma behind it.
const LEAST_ELEMENT: usize = r#""","#.len();

/// Reused memory of one reader; after [`PayloadReader::new`] reading allocates nothing, whether it succeeds or not.
pub struct PayloadReader {
    json: Json,
    values: Vec<Value<'static>>,
    texts: Vec<&'static str>,
    lists: Vec<ListRange>,
}

/// What a payload says, in borrowed text.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// Its name, if the schema says where it stands.
    pub id: Option<&'a str>,
    /// The values of [`Plan::fields`]. Times are texts, which [`Plan::vectorize`] reads.
    pub fields: &'a [Value<'a>],
}

/// Why a body has no vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError<'p> {
    /// It is no payload of the plan's schema.
    #[error("{0}")]
    Payload(PayloadError<&'p str>),
    /// It is one, but its values make no vector.
    #[error("{0}")]
    Vector(VectorError<'p>),
}

impl PayloadReader {
    /// `capacity`: the longest body in bytes that must be read without allocating.
    ///
    /// A longer body is read too, and the memory grows to it for good: the caller limits the length. Up to 48 bytes per
    /// byte of capacity are reserved; a body touches only what its length and its number of values need.
    pub fn new(capacity: usize) -> Self {
        Self {
            json: Json::new(capacity),
            values: Vec::with_capacity(crate::field_tree::MAX_NODES),
            texts: Vec::with_capacity(capacity / LEAST_ELEMENT + 1),
            lists: Vec::with_capacity(crate::field_tree::MAX_NODES),
        }
    }

    /// Reads `body` as one JSON document with the fields of `plan`, keys in any order, and gives them to `take`.
    ///
    /// A compact body in the schema's order takes a fraction of the time of the others.
    ///
    /// Unknown keys are skipped, whatever their value. A field that is not required may be absent or null, and so may an
    /// object that holds only such fields.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] names the field or the byte: what is no JSON object; a required field that is absent, or any whose
    /// value is of another type or out of range; any key that an object has twice, at every depth. Whether a text is a time
    /// is found by [`Plan::vectorize`].
    pub fn read<'p, R>(
        &mut self,
        plan: &'p Plan,
        body: &[u8],
        take: impl FnOnce(Payload<'_>) -> R,
    ) -> Result<R, PayloadError<&'p str>> {
        let tree = &plan.tree;
        let mut found = Found {
            values: emptied(mem::take(&mut self.values)),
            texts: emptied_texts(mem::take(&mut self.texts)),
            lists: mem::take(&mut self.lists),
        };
        found.reset(tree.fields.len());
        let read = match plan.one_pass.read(body, &mut found) {
            Some(id) => Ok(id),
            None => {
                found.reset(tree.fields.len());
                let field_at = |keys: &[&str]| tree.find(keys);
                self.json.read(body, field_at, |nodes| Walk::read(tree, nodes, &mut found))
            }
        };

        let Found { mut values, texts, lists } = found;
        let result = read.map(|id| {
            for list in &lists {
                values[list.field] = Value::Texts(&texts[list.start..list.end]);
            }
            take(Payload { id, fields: &values })
        });
        self.values = emptied(values);
        self.texts = emptied_texts(texts);
        self.lists = lists;
        result
    }

    /// The vector of `body`, as [`Plan::vectorize`] computes it.
    ///
    /// # Errors
    ///
    /// Those of [`PayloadReader::read`] and [`Plan::vectorize`].
    ///
    /// # Panics
    ///
    /// If `out` has not the length of [`Plan::dimensions`].
    pub fn vectorize<'p>(&mut self, plan: &'p Plan, body: &[u8], out: &mut [f32]) -> Result<(), BodyError<'p>> {
        let read = self.read(plan, body, |payload| plan.vectorize(payload.fields, out));
        read.map_err(BodyError::Payload)?.map_err(BodyError::Vector)
    }
}

/// The same memory without its content, for content that lives as long as needed: collecting what a vector of the same
/// layout is turned into keeps its memory, which `tests/it/no_allocation.rs` counts.
fn emptied<'b>(mut values: Vec<Value<'_>>) -> Vec<Value<'b>> {
    values.clear();
    values.into_iter().map(|_| Value::Missing).collect()
}

/// As [`emptied`].
fn emptied_texts<'b>(mut texts: Vec<&str>) -> Vec<&'b str> {
    texts.clear();
    texts.into_iter().map(|_| "").collect()
}

/// Walks the tape; the document is complete when every node that must be there has been seen.
struct Walk<'w, 'p, 'n, 'a> {
    tree: &'p FieldTree,
    nodes: &'n [Node<'a>],
    found: &'w mut Found<'a>,
    id: Option<&'a str>,
    /// A bit for each node of the tree.
    seen: u128,
    has_unknown_key: bool,
    may_repeat_keys: bool,
}

type Fault<'p> = PayloadError<&'p str>;

impl<'w, 'p, 'n, 'a> Walk<'w, 'p, 'n, 'a> {
    fn read(
        tree: &'p FieldTree,
        nodes: &'n [Node<'a>],
        found: &'w mut Found<'a>,
    ) -> Result<Reading<Option<&'a str>>, Fault<'p>> {
        let Some(&Node::Object { len, .. }) = nodes.first() else {
            return Err(PayloadError::NotAnObject);
        };
        let mut walk = Self { tree, nodes, found, id: None, seen: 1, has_unknown_key: false, may_repeat_keys: false };
        walk.object(0, 0, len)?;
        match tree.first_missing(walk.seen) {
            Some(path) => Err(PayloadError::Missing(path)),
            None => Ok(Reading { value: walk.id, may_repeat_keys: walk.may_repeat_keys }),
        }
    }

    /// Reads the known keys of the object at `at` of the tape, which is the value of the tree's node `parent`.
    fn object(&mut self, parent: usize, at: usize, len: usize) -> Result<(), Fault<'p>> {
        let end = self.tree.nodes[parent].end;
        // Clients send keys in one order, so the next one is most likely the next of the tree.
        let mut expected = parent + 1;
        let mut key = at + 1;
        for _ in 0..len {
            let value = key + 1;
            let known = match self.nodes[key] {
                Node::String(name) => self.tree.child(parent, expected, name),
                _ => None,
            };
            match known {
                Some(node) => {
                    let bit = 1 << node;
                    if self.seen & bit != 0 {
                        return Err(PayloadError::Duplicate(&self.tree.nodes[node].path));
                    }
                    self.seen |= bit;
                    self.value(node, value)?;
                    expected = self.tree.nodes[node].end;
                    if expected == end {
                        expected = parent + 1;
                    }
                }
                None => self.unknown_key(value),
            }
            key = value + self.nodes[value].width();
        }
        Ok(())
    }

    /// Remembers a key whose value is at `value`. It is repeated only by another one, or within its value.
    #[cold]
    fn unknown_key(&mut self, value: usize) {
        self.may_repeat_keys |= self.has_unknown_key || self.nodes[value].width() >= WIDTH_OF_TWO_PAIRS;
        self.has_unknown_key = true;
    }

    fn value(&mut self, node: usize, at: usize) -> Result<(), Fault<'p>> {
        let known = &self.tree.nodes[node];
        let wrong = |expected| Err(PayloadError::WrongType { field: &*known.path, expected });
        if matches!(self.nodes[at], Node::Static(StaticNode::Null)) && known.may_be_null {
            self.seen |= self.tree.subtree(node);
            return Ok(());
        }
        match (known.target, self.nodes[at]) {
            (Target::Object, Node::Object { len, .. }) => self.object(node, at, len),
            (Target::Object, _) => wrong(if known.may_be_null { Expected::ObjectOrNull } else { Expected::Object }),
            (Target::Id, Node::String(text)) => {
                self.id = Some(text);
                Ok(())
            }
            (Target::Id, _) => wrong(Expected::Text),
            (Target::Field(field), value) => {
                self.found.values[field] = match (self.tree.fields[field].kind, value) {
                    (Kind::Number, Node::Static(StaticNode::F64(number))) => Value::Number(number),
                    (Kind::Number, Node::Static(StaticNode::U64(number))) => Value::Number(number as f64),
                    (Kind::Number, Node::Static(StaticNode::I64(number))) => Value::Number(number as f64),
                    (Kind::Flag, Node::Static(StaticNode::Bool(flag))) => Value::Flag(flag),
                    (Kind::Text | Kind::Time, Node::String(text)) => Value::Text(text),
                    (Kind::Texts, Node::Array { len, .. }) => return self.texts(node, field, at, len),
                    (Kind::Number, _) => return wrong(Expected::Number),
                    (Kind::Flag, _) => return wrong(Expected::Boolean),
                    (Kind::Text | Kind::Time, _) => return wrong(Expected::Text),
                    (Kind::Texts, _) => return wrong(Expected::Array),
                };
                Ok(())
            }
        }
    }

    /// Reads the list at `at` of the tape.
    fn texts(&mut self, node: usize, field: usize, at: usize, len: usize) -> Result<(), Fault<'p>> {
        let start = self.found.texts.len();
        // Strings take one node each, so the first other element stands where it is counted.
        for (index, element) in self.nodes[at + 1..=at + len].iter().enumerate() {
            let Node::String(text) = *element else {
                return Err(PayloadError::NotAString { field: &self.tree.nodes[node].path, index });
            };
            self.found.texts.push(text);
        }
        self.found.lists.push(ListRange { field, start, end: self.found.texts.len() });
        Ok(())
    }
}
