//! What answers requests: one service for each kind of image, and which of them is there.

mod answer_pool;
mod common;
mod fraud_score;
mod row_score;

pub use answer_pool::{AnswerPool, PooledAnswer};
pub use common::Common;
pub use fraud_score::FraudScore;
pub use row_score::RowScore;

use crate::limits::answer_room;
use crate::routes::{Offered, Route};
use crate::telemetry::Telemetry;
use http::{Answered, Head, Responder, Service, Status};
use listener::{Limits, SharedPhase};
use scoring::{AnyGeneration, RowScorer, Scorer};
use std::sync::Arc;

/// The service of a running server. What it answers follows from the first image that is published, and stays so.
pub enum AnyService {
    /// No index was found yet.
    Undecided(Common),
    /// By the contest's references: `POST /fraud-score`.
    FraudScore(FraudScore),
    /// By rows of a schema: `POST /score`.
    RowScore(RowScore),
}

impl AnyService {
    /// `phase` is shared with what accepts and stops.
    pub fn new(phase: Arc<SharedPhase>) -> Self {
        Self::Undecided(Common::new(phase))
    }

    /// What it counts, for other threads to read.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.common().telemetry
    }

    /// Whether the first image is still to come.
    #[inline]
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided(_))
    }

    fn common(&self) -> &Common {
        match self {
            Self::Undecided(common) => common,
            Self::FraudScore(service) => &service.common,
            Self::RowScore(service) => &service.common,
        }
    }

    /// The same, to be changed.
    pub fn common_mut(&mut self) -> &mut Common {
        match self {
            Self::Undecided(common) => common,
            Self::FraudScore(service) => &mut service.common,
            Self::RowScore(service) => &mut service.common,
        }
    }

    /// Answers by `generation` from the next request on. The first one decides what is served, and what that needs is made now. Later
    /// ones only take the place of the one before, which is returned; they allocate and free nothing.
    ///
    /// # Panics
    ///
    /// If a later one is of another kind than the first: [`crate::reload::Shape`] refuses those.
    pub fn take(&mut self, generation: AnyGeneration, limits: &Limits) -> Option<AnyGeneration> {
        match (self, generation) {
            (Self::FraudScore(service), AnyGeneration::References(generation)) => {
                Some(AnyGeneration::References(service.scorer.replace(generation)))
            }
            (Self::RowScore(service), AnyGeneration::Rows(generation)) => {
                Some(AnyGeneration::Rows(service.replace(generation)))
            }
            (undecided @ Self::Undecided(_), generation) => {
                *undecided = Self::decided(undecided.common_mut().taken(), generation, limits);
                None
            }
            _ => unreachable!("another kind of image was to be refused"),
        }
    }

    /// What answers by `generation` from the first request on.
    fn decided(common: Common, generation: AnyGeneration, limits: &Limits) -> Self {
        match generation {
            AnyGeneration::References(generation) => {
                Self::FraudScore(FraudScore::new(common, Scorer::new(generation, limits.body_bytes)))
            }
            AnyGeneration::Rows(generation) => {
                let room = answer_room(generation.answer_form().max_bytes());
                let scorer = RowScorer::new(generation, limits.body_bytes, room);
                Self::RowScore(RowScore::new(common, scorer, AnswerPool::new(room, limits.buffers)))
            }
        }
    }
}

impl Service for AnyService {
    type Route = Route;
    type Body = PooledAnswer;

    #[inline]
    fn route(&self, head: &Head<'_>) -> Route {
        match self {
            Self::FraudScore(service) => service.route(head),
            Self::RowScore(service) => service.route(head),
            Self::Undecided(_) => Route::find(Offered::Undecided, head.method(), head.path()),
        }
    }

    #[inline]
    fn answer(&mut self, route: Route, body: &[u8], responder: Responder<'_, PooledAnswer>) -> Answered {
        match self {
            Self::FraudScore(service) => service.give(route, body, responder),
            Self::RowScore(service) => service.answer(route, body, responder),
            Self::Undecided(common) => common.answer_undecided(route, responder),
        }
    }

    fn refused(&mut self, status: Status) {
        self.telemetry().refused(status);
    }

    #[inline]
    fn is_closing(&self) -> bool {
        self.common().is_closing()
    }
}
