//! Payloads as people keep them: one document, an array, or one document after the other.

use anyhow::{Context, Result};
use serde_json::value::RawValue;
use std::io::Read;
use std::path::Path;

/// Longest payload, as the server's default limit for a body.
pub const PAYLOAD_LIMIT_BYTES: usize = 64 * 1024;

/// Longest input: it is read as a whole.
const INPUT_LIMIT_BYTES: u64 = 1 << 30;

/// What a file holds.
pub struct Payloads {
    name: String,
    text: Vec<u8>,
}

/// One of them, and where it stands.
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    /// The body of a request.
    pub body: &'a [u8],
    /// Its line, counted from 1.
    line: usize,
}

impl Payloads {
    /// Reads a file; `-` is stdin.
    pub fn read(path: &Path) -> Result<Self> {
        let name = command_line::input_name(path);
        let source = command_line::open_input(path).with_context(|| format!("cannot open the payload {name}"))?;
        let mut text = Vec::new();
        source
            .take(INPUT_LIMIT_BYTES + 1)
            .read_to_end(&mut text)
            .with_context(|| format!("cannot read the payload {name}"))?;
        anyhow::ensure!(text.len() as u64 <= INPUT_LIMIT_BYTES, "{name} is longer than 1 GiB");
        Ok(Self { name, text })
    }

    /// What errors call them.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All payloads in their order; after an error there are no more.
    pub fn iter(&self) -> impl Iterator<Item = Result<Payload<'_>>> {
        let documents = serde_json::Deserializer::from_slice(&self.text).into_iter::<&RawValue>();
        let mut counted = Counted { text: &self.text, bytes: 0, lines: 0 };
        documents.flat_map(move |document| {
            let found = document.and_then(|document| self.elements(document));
            match found.with_context(|| format!("{} is not JSON", self.name)) {
                Ok(bodies) => bodies.into_iter().map(|body| Ok(counted.payload(body))).collect(),
                Err(error) => vec![Err(error)],
            }
        })
    }

    /// The elements of an array, or the document itself.
    fn elements<'a>(&'a self, document: &'a RawValue) -> serde_json::Result<Vec<&'a [u8]>> {
        let text = document.get();
        if !text.starts_with('[') {
            return Ok(vec![text.as_bytes()]);
        }
        let elements: Vec<&RawValue> = serde_json::from_str(text)?;
        Ok(elements.into_iter().map(|element| element.get().as_bytes()).collect())
    }
}

impl Payload<'_> {
    /// Which one is at fault, counted from 1, and what says how it should be.
    pub fn at_fault(&self, number: usize, described: &str) -> String {
        format!("payload {number}, line {}, is not usable ({described})", self.line)
    }
}

/// Counts lines as far as payloads are asked for, so that all of them take one pass.
struct Counted<'a> {
    text: &'a [u8],
    bytes: usize,
    lines: usize,
}

impl Counted<'_> {
    /// `body` lies in the text, behind those before.
    fn payload<'b>(&mut self, body: &'b [u8]) -> Payload<'b> {
        let at = (body.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let passed = self.text.get(self.bytes..at).unwrap_or_default();
        self.lines += passed.iter().filter(|byte| **byte == b'\n').count();
        self.bytes = at;
        Payload { body, line: self.lines + 1 }
    }
}
