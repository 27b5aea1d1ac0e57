//! Requests of an own schema.

use super::requests::{BODY_BYTES, Warmed, ask};
use crate::limits::{self, answer_room};
use crate::service::{AnswerPool, Common, RowScore};
use index::knn::NearestRows;
use listener::Limits;
use listener::{Phase, SharedPhase};
use schema::MAX_K;
use scoring::{RowGeneration, RowScorer};
use std::sync::Arc;

/// Rows that are searched for between two rests.
const SEARCHES_BETWEEN_RESTS: usize = 16;

/// Searches for the index's own rows, and answers payloads near them ([`schema::Plan::payload_near`]): only where dimensions have no
/// scale do the payloads alone lead everywhere.
pub fn warm_up(generation: &Arc<RowGeneration>, limits: &Limits, rest: &dyn Fn()) -> Warmed {
    let index = generation.index();
    let points = index.shape().points as usize;
    let count = points.min(limits::WARM_UP_REQUESTS as usize);
    let slots = move || (0..count).map(move |number| number * points / count);
    let mut nearest = NearestRows::with_room_for(MAX_K);
    for (number, slot) in slots().enumerate() {
        if number.is_multiple_of(SEARCHES_BETWEEN_RESTS) {
            rest();
        }
        let found = index.search(&index.values(slot), generation.answer_form().k(), &mut nearest);
        std::hint::black_box(found.is_ok());
    }
    let room = answer_room(generation.answer_form().max_bytes());
    let scorer = RowScorer::new(generation.clone(), BODY_BYTES, room);
    let common = Common::new(Arc::new(SharedPhase::new(Phase::Ready)));
    let mut service = RowScore::new(common, scorer, AnswerPool::new(room, 1));
    let bodies = slots().map(|slot| generation.plan().payload_near(&index.values(slot)));
    ask(&mut service, "/score", bodies, &limits.http(), rest)
}
