//! Makes the first request as fast as the thousandth: pages mapped, caches and predictors warm.
//!
//! Thousands of requests made from what is in the index go through the whole path, connection state machine included, so
//! that what is run here is what will be run later.

mod contest;
mod requests;
mod rows;

pub use requests::Warmed;

use listener::Limits;
use requests::touch;
use scoring::AnyGeneration;

/// Touches the whole index and answers `limits::WARM_UP_REQUESTS` requests, or one per vector if there are fewer. Calls
/// `rest` every millisecond or so.
pub fn warm_up(generation: &AnyGeneration, limits: &Limits, rest: &dyn Fn()) -> Warmed {
    match generation {
        AnyGeneration::References(references) => {
            touch(references.index().bytes(), rest);
            contest::warm_up(references, limits, rest)
        }
        AnyGeneration::Rows(rows) => {
            touch(rows.image(), rest);
            rows::warm_up(rows, limits, rest)
        }
    }
}
