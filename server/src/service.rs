//! The answer of each route.

use crate::decision_log::Sampler;
use crate::limits::RETRY_AFTER_SECONDS;
use crate::responses::Responses;
use crate::routes::Route;
use http::{Answered, Head, Responder, Service, Status};
use listener::{Phase, SharedPhase};
use schema::{Decision, PayloadError};
use scoring::Scorer;
use std::fmt::Display;
use std::sync::Arc;

/// What scores a body; tests put something small in its place.
pub trait Score: 'static {
    /// Says which field was wrong; shown to the client.
    type Error: Display;

    /// Frauds among the five nearest references (0..=5).
    ///
    /// # Errors
    ///
    /// If `body` is no transaction.
    fn score(&mut self, body: &[u8]) -> Result<u8, Self::Error>;

    /// [`scoring::Generation::serial`] of what answers.
    fn generation(&self) -> u64;
}

impl Score for Scorer {
    type Error = PayloadError;

    #[inline]
    fn score(&mut self, body: &[u8]) -> Result<u8, PayloadError> {
        self.score(body).map(Decision::frauds)
    }

    fn generation(&self) -> u64 {
        self.generation().serial()
    }
}

/// The service of a running server; there is no scorer until an index was found.
pub struct FraudScore<S = Scorer> {
    pub scorer: Option<S>,
    /// Takes the decisions that are logged.
    pub sampler: Option<Sampler>,
    phase: Arc<SharedPhase>,
    responses: Responses,
}

/// No body of this service is larger than a buffer.
pub type SmallBody = &'static [u8];

impl<S: Score> FraudScore<S> {
    /// `phase` is shared with what accepts and stops.
    pub fn new(phase: Arc<SharedPhase>, scorer: Option<S>) -> Self {
        Self { scorer, sampler: None, phase, responses: Responses::new() }
    }
}

impl<S: Score> Service for FraudScore<S> {
    type Route = Route;
    type Body = SmallBody;

    #[inline]
    fn route(&self, head: &Head<'_>) -> Route {
        Route::find(head.method(), head.path())
    }

    fn answer(&mut self, route: Route, body: &[u8], responder: Responder<'_, SmallBody>) -> Answered {
        match route {
            // Also while draining: what was begun is finished, and nothing new gets here.
            Route::Score => match self.scorer.as_mut().map(|scorer| scorer.score(body)) {
                Some(Ok(frauds)) => {
                    if let (Some(sampler), Some(scorer)) = (&mut self.sampler, &self.scorer) {
                        sampler.offer(body, frauds, || scorer.generation());
                    }
                    responder.prepared(self.responses.score(frauds))
                }
                Some(Err(error)) => responder.problem(Status::BadRequest, error),
                None => no_index(responder),
            },
            Route::Ready => match self.phase.get() {
                Phase::Ready => responder.prepared(self.responses.ready()),
                Phase::Starting => no_index(responder),
                Phase::Draining => responder.problem(UNAVAILABLE, "the server is shutting down"),
            },
            Route::OtherMethod { allow } => {
                responder.problem(Status::MethodNotAllowed { allow }, format_args!("this path knows {allow} only"))
            }
            Route::UnknownPath => {
                responder.problem(Status::NotFound, "there are POST /fraud-score and GET /ready here")
            }
        }
    }

    #[inline]
    fn is_closing(&self) -> bool {
        self.phase.get() == Phase::Draining
    }
}

const UNAVAILABLE: Status = Status::Unavailable { retry_after_seconds: RETRY_AFTER_SECONDS };

fn no_index(responder: Responder<'_, SmallBody>) -> Answered {
    let commands = shm_loader::commands();
    responder.problem(UNAVAILABLE, format_args!("no index is loaded yet; load one with `{commands} load FILE`"))
}

#[cfg(test)]
mod tests;
