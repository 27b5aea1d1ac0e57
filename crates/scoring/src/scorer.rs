//! What answers one request after the other.

use std::mem;
use std::sync::Arc;

use schema::{Decision, Parser, PayloadError};
use space::Point;

use crate::explanation::{ExplainError, Explanation};
use crate::generation::Generation;

/// A parser's reused memory and the generation that answers now, which other threads may hold, too. One thread has one.
pub struct Scorer {
    parser: Parser,
    generation: Arc<Generation>,
}

impl Scorer {
    /// `body_bytes`: the longest body, in bytes, that must be answered without allocating.
    pub fn new(generation: Arc<Generation>, body_bytes: usize) -> Self {
        Self { parser: Parser::new(body_bytes), generation }
    }

    /// The generation that answers.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }

    /// Answers by another generation from the next request on; returns the one before. Allocates and frees nothing: with the
    /// last reference to it the memory of a generation goes, which takes milliseconds and is best left to another thread.
    pub fn replace(&mut self, generation: Arc<Generation>) -> Arc<Generation> {
        mem::replace(&mut self.generation, generation)
    }

    /// The vector of a payload. Allocates nothing.
    ///
    /// # Errors
    ///
    /// What [`Parser::parse`] refuses.
    pub fn read(&mut self, body: &[u8]) -> Result<Point, PayloadError> {
        Ok(self.generation.vectorize(&self.parser.parse(body)?))
    }

    /// The decision about a payload. Allocates nothing.
    ///
    /// # Errors
    ///
    /// What [`Parser::parse`] refuses.
    pub fn score(&mut self, body: &[u8]) -> Result<Decision, PayloadError> {
        let query = self.read(body)?;
        Ok(self.generation.decide(&query))
    }

    /// The decision about a payload, and what led to it. Takes longer than [`Scorer::score`].
    ///
    /// # Errors
    ///
    /// What [`Parser::parse`] refuses, and what [`Explanation::of`] finds.
    pub fn explain(&mut self, body: &[u8]) -> Result<Explanation<'_>, ExplainError> {
        let (id, transaction) = self.parser.parse_with_id(body)?;
        Explanation::of(&self.generation, &transaction, id)
    }
}
