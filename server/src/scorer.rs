//! From body bytes to frauds among the five nearest: parser, rules and index joined.

use crate::handler::{Phase, Service};
use index::Index;
use schema::{Parser, PayloadError, Rules};
use std::cell::Cell;
use std::rc::Rc;

/// Answers by an index that lives as long as the process.
pub struct Scorer {
    parser: Parser,
    rules: Rules,
    index: Index<'static>,
}

impl Scorer {
    /// `rules` are those that the index carries; `body_bytes`: the longest body that must be answered without allocating.
    pub fn new(index: Index<'static>, rules: Rules, body_bytes: usize) -> Self {
        Self { parser: Parser::new(body_bytes), rules, index }
    }

    /// How payloads become vectors.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The index that answers.
    pub fn index(&self) -> &Index<'static> {
        &self.index
    }

    /// Frauds among the five nearest references. Rewrites `body`.
    pub fn score(&mut self, body: &mut [u8]) -> Result<u8, PayloadError> {
        let transaction = self.parser.parse(body)?;
        let query = self.rules.vectorize(&transaction);
        Ok(self.index.classify(&query))
    }
}

/// The service of a running server; there is no scorer until an index was found.
pub struct FraudScore {
    pub phase: Rc<Cell<Phase>>,
    pub scorer: Option<Scorer>,
}

impl Service for FraudScore {
    type Error = PayloadError;

    fn phase(&self) -> Phase {
        self.phase.get()
    }

    fn score(&mut self, body: &mut [u8]) -> Option<Result<u8, PayloadError>> {
        self.scorer.as_mut().map(|scorer| scorer.score(body))
    }
}
