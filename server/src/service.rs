//! The answer of each route.

use crate::decision_log::Sampler;
use crate::limits::RETRY_AFTER_SECONDS;
use crate::responses::Responses;
use crate::routes::Route;
use crate::telemetry::{Answer, Telemetry};
use http::{Answered, Head, Responder, Service, Status};
use index::Proof;
use listener::{Phase, SharedPhase};
use schema::{Decision, PayloadError};
use scoring::Scorer;
use space::Point;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

/// What scores a body; tests put something small in its place.
pub trait Score: 'static {
    /// What is searched for.
    type Query;
    /// Says which field was wrong; shown to the client.
    type Error: Display;

    /// What a body asks for.
    ///
    /// # Errors
    ///
    /// If `body` is no transaction.
    fn read(&mut self, body: &[u8]) -> Result<Self::Query, Self::Error>;

    /// Frauds among the five nearest references (0..=5), and how that was proved.
    fn decide(&self, query: &Self::Query) -> (u8, Proof);

    /// [`scoring::Generation::serial`] of what answers.
    fn generation(&self) -> u64;
}

impl Score for Scorer {
    type Query = Point;
    type Error = PayloadError;

    #[inline]
    fn read(&mut self, body: &[u8]) -> Result<Point, PayloadError> {
        self.read(body)
    }

    #[inline]
    fn decide(&self, query: &Point) -> (u8, Proof) {
        let (decision, proof) = self.generation().decide_with_proof(query);
        (decision.frauds(), proof)
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
    telemetry: Arc<Telemetry>,
}

/// No body of this service is larger than a buffer.
pub type SmallBody = &'static [u8];

impl<S: Score> FraudScore<S> {
    /// `phase` is shared with what accepts and stops.
    pub fn new(phase: Arc<SharedPhase>, scorer: Option<S>) -> Self {
        Self { scorer, sampler: None, phase, responses: Responses::new(), telemetry: Arc::default() }
    }

    /// What it counts, for other threads to read.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    #[inline]
    fn score(&mut self, body: &[u8], responder: Responder<'_, SmallBody>) -> Answered {
        let begun = Instant::now();
        let Some(scorer) = self.scorer.as_mut() else {
            self.telemetry.answered(Answer::Unavailable);
            return no_index(responder);
        };
        let query = match scorer.read(body) {
            Ok(query) => query,
            Err(error) => {
                self.telemetry.answered(Answer::BadPayload);
                return responder.problem(Status::BadRequest, error);
            }
        };
        let parsed = Instant::now();
        let (frauds, proof) = scorer.decide(&query);
        let answered = responder.prepared(self.responses.score(frauds));
        let is_approved = Decision::of_frauds(frauds).approved();
        self.telemetry.scored(is_approved, proof, [begun, parsed, Instant::now()]);
        if let Some(sampler) = &mut self.sampler {
            sampler.offer(body, frauds, || scorer.generation());
        }
        answered
    }

    fn ready(&self, responder: Responder<'_, SmallBody>) -> Answered {
        let phase = self.phase.get();
        self.telemetry.answered(if phase == Phase::Ready { Answer::Ready } else { Answer::Unavailable });
        match phase {
            Phase::Ready => responder.prepared(self.responses.ready()),
            Phase::Starting => no_index(responder),
            Phase::Draining => responder.problem(UNAVAILABLE, "the server is shutting down"),
        }
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
            Route::Score => self.score(body, responder),
            Route::Ready => self.ready(responder),
            Route::OtherMethod { allow } => {
                self.telemetry.answered(Answer::OtherMethod);
                responder.problem(Status::MethodNotAllowed { allow }, format_args!("this path knows {allow} only"))
            }
            Route::UnknownPath => {
                self.telemetry.answered(Answer::UnknownPath);
                responder.problem(Status::NotFound, "there are POST /fraud-score and GET /ready here")
            }
        }
    }

    fn refused(&mut self, status: Status) {
        self.telemetry.refused(status);
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
