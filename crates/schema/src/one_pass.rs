//! The form in which programs write a payload, for any schema: compact, keys in the schema's order, plain text and numbers.
//!
//! Such a body is read from front to back in one pass. As with the contest's own short cut (`canonical`), a body in another
//! form is no fault, and neither is one at fault told: either is the general reader's. So this one gives `None` unless it
//! is certain of the general reader's answer.

use crate::canonical::Cursor;
use crate::field_tree::{FieldTree, Target};
use crate::found::{Found, ListRange};
use crate::value::{Kind, Value};

/// What stands in such a body, from front to back.
#[derive(Clone, Debug)]
pub(crate) struct OnePass {
    /// `None` if a key would have to be escaped.
    steps: Option<Box<[Step]>>,
}

#[derive(Clone, Debug)]
enum Step {
    /// These bytes.
    Literal(Box<[u8]>),
    /// If `null` stands here, the step of this number is the next.
    NullOr(usize),
    /// The rest of a text, behind its quote.
    Id,
    /// As [`Step::Id`].
    Text(usize),
    Number(usize),
    Flag(usize),
    /// The rest of a list, behind its bracket.
    Texts(usize),
}

impl OnePass {
    pub(crate) fn of(tree: &FieldTree) -> Self {
        let is_plain =
            |key: &str| key.bytes().all(|byte| (b' '..0x7f).contains(&byte) && byte != b'"' && byte != b'\\');
        if !tree.nodes.iter().all(|node| is_plain(&node.key)) {
            return Self { steps: None };
        }
        let mut writer = Writer { tree, steps: Vec::new(), literal: Vec::new() };
        writer.object(0);
        writer.flush();
        Self { steps: Some(writer.steps.into()) }
    }

    /// Reads a body in this form into `found`, which is reset, and its id; `None` says nothing but that the general reader
    /// must look at it.
    #[inline]
    pub(crate) fn read<'a>(&self, body: &'a [u8], found: &mut Found<'a>) -> Option<Option<&'a str>> {
        // The general reader refuses longer ones.
        u32::try_from(body.len()).ok()?;
        let steps = self.steps.as_ref()?;
        let mut cursor = Cursor::new(body)?;
        let mut id = None;
        let mut next = 0;
        while let Some(step) = steps.get(next) {
            next += 1;
            match *step {
                Step::Literal(ref bytes) => cursor.expect_bytes(bytes)?,
                Step::NullOr(behind) => {
                    if cursor.take(b"null") {
                        next = behind;
                    }
                }
                Step::Id => id = Some(text(cursor.text()?)?),
                Step::Text(field) => found.values[field] = Value::Text(text(cursor.text()?)?),
                Step::Number(field) => found.values[field] = Value::Number(cursor.number()?),
                Step::Flag(field) => found.values[field] = Value::Flag(cursor.boolean()?),
                Step::Texts(field) => {
                    let start = found.texts.len();
                    let mut are_texts = true;
                    cursor.texts(|bytes| match text(bytes) {
                        Some(text) => found.texts.push(text),
                        None => are_texts = false,
                    })?;
                    if !are_texts {
                        return None;
                    }
                    found.lists.push(ListRange { field, start, end: found.texts.len() });
                }
            }
        }
        cursor.is_at_end().then_some(id)
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Writes the steps of a tree.
struct Writer<'t> {
    tree: &'t FieldTree,
    steps: Vec<Step>,
    /// What is to be expected before the next value.
    literal: Vec<u8>,
}

impl Writer<'_> {
    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.steps.push(Step::Literal(std::mem::take(&mut self.literal).into()));
        }
    }

    /// The object of the node `parent`.
    fn object(&mut self, parent: usize) {
        let mut separator = b'{';
        let mut node = parent + 1;
        while node < self.tree.nodes[parent].end {
            self.literal.push(separator);
            separator = b',';
            for part in [&b"\""[..], self.tree.nodes[node].key.as_bytes(), b"\":"] {
                self.literal.extend_from_slice(part);
            }
            if self.tree.nodes[node].may_be_null {
                self.flush();
                let at = self.steps.len();
                self.steps.push(Step::NullOr(0));
                self.value(node);
                self.flush();
                self.steps[at] = Step::NullOr(self.steps.len());
            } else {
                self.value(node);
            }
            node = self.tree.nodes[node].end;
        }
        self.literal.push(b'}');
    }

    fn value(&mut self, node: usize) {
        let (opening, step) = match self.tree.nodes[node].target {
            Target::Object => return self.object(node),
            Target::Id => (&b"\""[..], Step::Id),
            Target::Field(field) => match self.tree.fields[field].kind {
                Kind::Number => (&b""[..], Step::Number(field)),
                Kind::Flag => (&b""[..], Step::Flag(field)),
                Kind::Text | Kind::Time => (&b"\""[..], Step::Text(field)),
                Kind::Texts => (&b"["[..], Step::Texts(field)),
            },
        };
        self.literal.extend_from_slice(opening);
        self.flush();
        self.steps.push(step);
    }
}
