//! Scores the contest's transactions.

use super::common::Common;
use crate::decision_log::Decided;
use crate::responses::Responses;
use crate::routes::{Offered, Route};
use crate::telemetry::Answer;
use http::{Answered, Head, Responder, Service, Status};
use index::Proof;
use schema::{Decision, PayloadError};
use scoring::Scorer;
use space::Point;
use std::fmt::Display;
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

/// The service of a server that answers by the contest's references.
pub struct FraudScore<S = Scorer> {
    pub common: Common,
    pub scorer: S,
    responses: Responses,
}

impl<S: Score> FraudScore<S> {
    /// Scores by `scorer`.
    pub fn new(common: Common, scorer: S) -> Self {
        Self { common, scorer, responses: Responses::new() }
    }

    #[inline]
    fn score<B: AsRef<[u8]>>(&mut self, body: &[u8], responder: Responder<'_, B>) -> Answered {
        let Self { common, scorer, responses } = self;
        let begun = Instant::now();
        let query = match scorer.read(body) {
            Ok(query) => query,
            Err(error) => {
                common.telemetry.answered(Answer::BadPayload);
                return responder.problem(Status::BadRequest, error);
            }
        };
        let parsed = Instant::now();
        let (frauds, proof) = scorer.decide(&query);
        let answered = responder.prepared(responses.score(frauds));
        let is_approved = Decision::of_frauds(frauds).approved();
        common.telemetry.scored(is_approved, proof, [begun, parsed, Instant::now()]);
        if let Some(sampler) = &mut common.sampler {
            sampler.offer(body, Decided::Frauds(frauds), || scorer.generation());
        }
        answered
    }

    /// Answers a whole request, whatever bodies the connection keeps for others.
    #[inline]
    pub fn give<B: AsRef<[u8]>>(&mut self, route: Route, body: &[u8], responder: Responder<'_, B>) -> Answered {
        match route {
            // Also while draining: what was begun is finished, and nothing new gets here.
            Route::FraudScore => self.score(body, responder),
            Route::Ready => self.common.ready(responder),
            Route::OtherMethod { allow } => self.common.other_method(allow, responder),
            // The other kind's was found before it was known which one is served.
            Route::UnknownPath | Route::Score => self.common.unknown_path(Offered::FraudScore, responder),
        }
    }
}

impl<S: Score> Service for FraudScore<S> {
    type Route = Route;
    /// No body of this service is larger than a buffer.
    type Body = &'static [u8];

    #[inline]
    fn route(&self, head: &Head<'_>) -> Route {
        Route::find(Offered::FraudScore, head.method(), head.path())
    }

    fn answer(&mut self, route: Route, body: &[u8], responder: Responder<'_, &'static [u8]>) -> Answered {
        self.give(route, body, responder)
    }

    fn refused(&mut self, status: Status) {
        self.common.telemetry.refused(status);
    }

    #[inline]
    fn is_closing(&self) -> bool {
        self.common.is_closing()
    }
}

#[cfg(test)]
mod tests;
