//! From body bytes to frauds among the five nearest: parser, rules and index joined.

use index::Index;
use schema::{Parser, PayloadError};

/// Answers by an index that lives as long as the process.
pub struct Scorer {
    parser: Parser,
    index: Index<'static>,
}

impl Scorer {
    /// `body_bytes`: the longest body that must be answered without allocating.
    pub fn new(index: Index<'static>, body_bytes: usize) -> Self {
        Self { parser: Parser::new(body_bytes), index }
    }

    /// The index that answers.
    pub fn index(&self) -> &Index<'static> {
        &self.index
    }

    /// Frauds among the five nearest references. Rewrites `body`.
    pub fn score(&mut self, body: &mut [u8]) -> Result<u8, PayloadError> {
        let transaction = self.parser.parse(body)?;
        let query = self.index.rules().vectorize(&transaction);
        Ok(self.index.classify(&query))
    }
}
