//! What answers one payload of an own schema after the other.

use std::mem;
use std::sync::Arc;

use super::generation::RowGeneration;
use super::workspace::{RowBodyError, RowWorkspace, WrittenAnswer};

/// Reused memory and the generation that answers now, which other threads may hold, too. One thread has one.
pub struct RowScorer {
    workspace: RowWorkspace,
    generation: Arc<RowGeneration>,
}

impl RowScorer {
    /// `body_bytes`: the longest body; `answer_bytes`: the longest answer of this and all later generations
    /// ([`super::AnswerForm::max_bytes`]), in bytes. Both are answered without allocating.
    pub fn new(generation: Arc<RowGeneration>, body_bytes: usize, answer_bytes: usize) -> Self {
        Self { workspace: RowWorkspace::new(body_bytes, answer_bytes), generation }
    }

    /// The generation that answers.
    pub fn generation(&self) -> &Arc<RowGeneration> {
        &self.generation
    }

    /// Answers by another generation from the next request on; returns the one before. Allocates and frees nothing.
    pub fn replace(&mut self, generation: Arc<RowGeneration>) -> Arc<RowGeneration> {
        mem::replace(&mut self.generation, generation)
    }

    /// Reads a payload, for [`RowScorer::answer`] to answer.
    ///
    /// # Errors
    ///
    /// As [`RowWorkspace::read`].
    pub fn read(&mut self, body: &[u8]) -> Result<(), RowBodyError<'_>> {
        self.workspace.read(&self.generation, body)
    }

    /// Answers what was read last.
    pub fn answer(&mut self) -> WrittenAnswer<'_> {
        self.workspace.answer(&self.generation)
    }
}
