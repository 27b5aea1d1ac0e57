//! The service of a running server.

use crate::handler::{Phase, Service};
use schema::{Decision, PayloadError};
use scoring::Scorer;
use std::cell::Cell;
use std::rc::Rc;

/// Scores payloads; there is no scorer until an index was found.
pub struct FraudScore {
    pub phase: Rc<Cell<Phase>>,
    pub scorer: Option<Scorer>,
}

impl Service for FraudScore {
    type Error = PayloadError;

    fn phase(&self) -> Phase {
        self.phase.get()
    }

    fn score(&mut self, body: &[u8]) -> Option<Result<u8, PayloadError>> {
        self.scorer.as_mut().map(|scorer| scorer.score(body).map(Decision::frauds))
    }
}
