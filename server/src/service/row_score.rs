//! Answers payloads of an own schema by its rows.

use super::answer_pool::{AnswerPool, PooledAnswer};
use super::common::{Common, UNAVAILABLE};
use crate::decision_log::Decided;
use crate::routes::{Offered, Route};
use crate::telemetry::Answer;
use http::limits::SMALL_BODY_BYTES;
use http::{Answered, Head, Responder, Service, Status};
use scoring::{RowGeneration, RowScorer};
use std::sync::Arc;
use std::time::Instant;

/// The service of a server that answers by rows of a schema.
pub struct RowScore {
    pub common: Common,
    scorer: RowScorer,
    /// For answers that are too long to be copied.
    pool: AnswerPool,
}

impl RowScore {
    /// `scorer` and `pool` have room for the longest answer.
    pub fn new(common: Common, scorer: RowScorer, pool: AnswerPool) -> Self {
        Self { common, scorer, pool }
    }

    /// Answers by another generation from the next request on; returns the one before.
    pub fn replace(&mut self, generation: Arc<RowGeneration>) -> Arc<RowGeneration> {
        self.scorer.replace(generation)
    }

    #[inline]
    fn score(&mut self, body: &[u8], responder: Responder<'_, PooledAnswer>) -> Answered {
        let Self { common, scorer, pool } = self;
        let begun = Instant::now();
        if let Err(error) = scorer.read(body) {
            common.telemetry.answered(Answer::BadPayload);
            return responder.problem(Status::BadRequest, error);
        }
        let parsed = Instant::now();
        let serial = scorer.generation().serial();
        let answer = scorer.answer();
        let answered = if answer.json.len() <= SMALL_BODY_BYTES {
            responder.copied(Status::Ok, JSON, answer.json)
        } else if let Some(held) = pool.hold(answer.json) {
            responder.held(Status::Ok, JSON, held)
        } else {
            common.telemetry.answered(Answer::Unavailable);
            return responder.problem(UNAVAILABLE, "there is no room for another long answer now");
        };
        common.telemetry.scored_row(answer.label, [begun, parsed, Instant::now()]);
        if let Some(sampler) = &mut common.sampler {
            sampler.offer(body, Decided::Label(answer.label), || serial);
        }
        answered
    }
}

impl Service for RowScore {
    type Route = Route;
    type Body = PooledAnswer;

    #[inline]
    fn route(&self, head: &Head<'_>) -> Route {
        Route::find(Offered::Score, head.method(), head.path())
    }

    fn answer(&mut self, route: Route, body: &[u8], responder: Responder<'_, PooledAnswer>) -> Answered {
        match route {
            // Also while draining: what was begun is finished, and nothing new gets here.
            Route::Score => self.score(body, responder),
            Route::Ready => self.common.ready(responder),
            Route::OtherMethod { allow } => self.common.other_method(allow, responder),
            // The other kind's was found before it was known which one is served.
            Route::UnknownPath | Route::FraudScore => self.common.unknown_path(Offered::Score, responder),
        }
    }

    fn refused(&mut self, status: Status) {
        self.common.telemetry.refused(status);
    }

    #[inline]
    fn is_closing(&self) -> bool {
        self.common.is_closing()
    }
}

const JSON: &str = "application/json";
